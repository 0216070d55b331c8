INSERT INTO public.t (id, v) VALUES (2, 'x') RETURNING public.evil_function();
