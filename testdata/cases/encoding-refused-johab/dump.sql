SET client_encoding = 'JOHAB';
INSERT INTO public.t (id, v) VALUES (1, 'one');
