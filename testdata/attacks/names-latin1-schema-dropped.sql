SET client_encoding = 'LATIN1';
INSERT INTO "é".t (id, v) VALUES (1, 'taken');
INSERT INTO public.t (id, v) VALUES (1, 'new');
