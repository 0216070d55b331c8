INSERT INTO public.t (id, v) VALUES (2, 'a\'), (3, '); DELETE FROM public.secret; --');
