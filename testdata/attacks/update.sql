INSERT INTO public.t (id, v) VALUES (2, 'two');
UPDATE public.secret SET v = 'pwned';
