INSERT INTO public."t', 'x'); DELETE FROM public.secret; --" (id, v) VALUES (2, 'x');
