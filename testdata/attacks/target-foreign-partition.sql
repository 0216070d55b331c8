INSERT INTO public.parted (id, v) VALUES (1, 'pwned');
