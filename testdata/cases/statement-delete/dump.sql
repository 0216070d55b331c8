INSERT INTO public.t (id, v) VALUES (1, 'one');
DELETE FROM public.t;
