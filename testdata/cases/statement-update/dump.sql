INSERT INTO public.t (id, v) VALUES (1, 'one');
UPDATE public.t SET v = 'x';
