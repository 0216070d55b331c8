SET client_encoding = 'BIG5';
INSERT INTO public.t (id, v) VALUES (1, 'one');
