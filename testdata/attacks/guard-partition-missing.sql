INSERT INTO hidden.logs_2 (id) VALUES (101);
