INSERT INTO public.t AS x (id, v) VALUES (2, 'x');
