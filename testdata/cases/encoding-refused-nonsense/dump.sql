SET client_encoding = 'nonsense';
INSERT INTO public.t (id, v) VALUES (1, 'one');
