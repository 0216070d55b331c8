-- By hand
INSERT INTO public.t (id, v) VALUES (1, 'one');
