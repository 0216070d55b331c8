INSERT INTO public.t (id, v) VALUES (1, 'one');
INSERT INTO public.t (id, v) SELECT 1, 'x';
