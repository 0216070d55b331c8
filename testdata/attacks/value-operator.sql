INSERT INTO public.t (id, v) VALUES (2, 'a' || public.evil_function());
