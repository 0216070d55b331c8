INSERT INTO public.t (id, v) SELECT 2, public.evil_function();
