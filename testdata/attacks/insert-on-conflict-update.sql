INSERT INTO public.t (id, v) VALUES (2, 'x') ON CONFLICT (id) DO UPDATE SET v = public.evil_function();
