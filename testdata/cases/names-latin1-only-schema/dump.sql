SET client_encoding = 'LATIN1';
INSERT INTO "é".t (id) VALUES (1);
