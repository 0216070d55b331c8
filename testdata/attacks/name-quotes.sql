INSERT INTO public."t"" (id) VALUES (1); DELETE FROM public.secret; --" (id, v) VALUES (2, 'x');
