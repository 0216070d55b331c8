INSERT INTO public.t (id, v) VALUES (1, 'one');
SET client_encoding = 'LATIN1';
INSERT INTO public.t (id, v) VALUES (2, 'é');
SET client_encoding = 'UTF8';
INSERT INTO public.t (id, v) VALUES (3, 'Ã©');
