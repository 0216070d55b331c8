SET client_encoding = 'GB18030';
INSERT INTO public.t (id, v) VALUES (1, 'one');
