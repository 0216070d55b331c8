INSERT INTO public.t (a, v) VALUES (1, 'x');
