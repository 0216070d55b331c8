INSERT INTO public.t (id, v) VALUES (1, 'one');
INSERT INTO public.t AS x (id, v) VALUES (2, 'x');
