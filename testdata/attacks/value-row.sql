INSERT INTO public.t (id, v) VALUES (2, ROW(1));
