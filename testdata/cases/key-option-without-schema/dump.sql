INSERT INTO public.t (b, v, a) VALUES (2, 'x', 1);
INSERT INTO public.t (b, v, a) VALUES (3, 'y', 1);
