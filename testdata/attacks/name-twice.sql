INSERT INTO public.t (id, v, "v") VALUES (2, 'x', 'y');
