INSERT INTO public.t (id, v) VALUES (2, 'x'::public.evil_type);
