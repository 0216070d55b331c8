SET client_encoding = 'SJIS';
INSERT INTO public.t (id, v) VALUES (1, 'one');
