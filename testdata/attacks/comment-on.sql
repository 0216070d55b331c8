INSERT INTO public.t (id, v) VALUES (2, 'two');
COMMENT ON TABLE public.secret IS 'pwned';
