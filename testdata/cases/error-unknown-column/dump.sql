INSERT INTO public.t (id, w) VALUES (1, 'x');
