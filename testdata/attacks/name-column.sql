INSERT INTO public.t (id, "v"") VALUES (1, 1); DELETE FROM public.secret; --") VALUES (2, 'x');
