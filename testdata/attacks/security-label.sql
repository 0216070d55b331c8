INSERT INTO public.t (id, v) VALUES (2, 'two');
SECURITY LABEL ON TABLE public.secret IS 'pwned';
