SET client_encoding = 'UHC';
INSERT INTO public.t (id, v) VALUES (1, 'one');
