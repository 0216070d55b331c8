INSERT INTO public.t (id, v) VALUES (2, E'\'; DELETE FROM public.secret; --');
