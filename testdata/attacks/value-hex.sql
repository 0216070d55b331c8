INSERT INTO public.t (id, v) VALUES (2, 0x1F);
