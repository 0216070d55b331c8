INSERT INTO public.t (id, v) VALUES (2, 'two');
EXPLAIN ANALYZE DELETE FROM public.secret;
