INSERT INTO public.r_1 (id) VALUES (1);
