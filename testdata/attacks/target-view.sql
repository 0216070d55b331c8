INSERT INTO public.w (id, v) VALUES (1, 'pwned');
