INSERT INTO public.t (id, v) VALUES (1, 'one');
INSERT INTO public.t (id, v) VALUES (2, 'two');
INSERT INTO public.u (a, b) VALUES (1, 2);
