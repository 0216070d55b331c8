INSERT INTO hidden.logs_2 (id, v) VALUES (101, 'mine');
