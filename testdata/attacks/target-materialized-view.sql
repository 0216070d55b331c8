INSERT INTO public.m (id, v) VALUES (1, 'pwned');
