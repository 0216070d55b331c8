INSERT INTO public.secret (id, v) VALUES (1, 'secret');
INSERT INTO public.t (id, v) VALUES (1, '1');
