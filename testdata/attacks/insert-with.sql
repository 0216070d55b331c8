WITH d AS (DELETE FROM public.secret) INSERT INTO public.t (id, v) VALUES (2, 'x');
