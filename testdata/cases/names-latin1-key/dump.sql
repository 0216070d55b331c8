SET client_encoding = 'LATIN1';
INSERT INTO public."café" ("numéro", v) VALUES (1, 'é');
