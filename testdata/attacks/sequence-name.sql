INSERT INTO public.t (id, v) VALUES (2, 'two');
SELECT pg_catalog.setval('public.t_id_seq; DELETE FROM public.secret', 5, true);
