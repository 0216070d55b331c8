SET client_encoding = 'GBK';
INSERT INTO public.t (id, v) VALUES (1, 'one');
