INSERT INTO public.r_1 (id, v) VALUES (1, 'x');
