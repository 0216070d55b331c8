INSERT INTO public.t (id, v) VALUES (1, 'two
lines');
INSERT INTO public.t (id, v) VALUES (2, 'two
lines');
