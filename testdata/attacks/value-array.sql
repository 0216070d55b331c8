INSERT INTO public.t (id, v) VALUES (2, ARRAY[public.evil_function()]);
