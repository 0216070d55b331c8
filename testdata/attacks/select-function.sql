INSERT INTO public.t (id, v) VALUES (2, 'two');
SELECT public.evil_function();
