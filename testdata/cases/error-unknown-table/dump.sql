INSERT INTO public.u (id) VALUES (1);
