INSERT INTO hidden.logs (id, v) VALUES (5, 'x');
INSERT INTO hidden.logs_2 (id, v) VALUES (101, 'taken');
