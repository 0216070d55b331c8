INSERT INTO public.c VALUES (1, 'x', 2);
