INSERT INTO public.t (id, v, id) VALUES (1, 'one', 2);
