SET client_encoding = 'SQL_ASCII';
INSERT INTO "é".t (id, v) VALUES (1, 'taken');
