INSERT INTO public."$dumpsert$; DELETE FROM public.secret; --" (id, v) VALUES (2, 'x');
