SET client_encoding = 'shift_jis_2004';
INSERT INTO public.t (id, v) VALUES (1, 'one');
