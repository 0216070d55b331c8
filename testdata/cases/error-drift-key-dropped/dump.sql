INSERT INTO public.t (gone, v) VALUES (1, 2);
