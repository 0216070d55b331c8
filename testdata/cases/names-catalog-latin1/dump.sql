SET client_encoding = 'LATIN1';
INSERT INTO public."café" VALUES (1, 'é');
