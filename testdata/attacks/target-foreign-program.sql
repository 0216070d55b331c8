INSERT INTO public.f (id, v) VALUES (1, 'pwned');
