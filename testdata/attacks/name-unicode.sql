INSERT INTO public.U&"\0074" (id, v) VALUES (2, 'x');
