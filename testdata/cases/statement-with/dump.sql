INSERT INTO public.t (id, v) VALUES (1, 'one');
WITH d AS (DELETE FROM public.t) INSERT INTO public.t VALUES (1);
