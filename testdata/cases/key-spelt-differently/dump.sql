INSERT INTO public.t (a, v) VALUES (1.00, 'x');
