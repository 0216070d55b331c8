INSERT INTO public.t (id, v) VALUES (2, 'two');
NOTIFY channel, 'pwned';
