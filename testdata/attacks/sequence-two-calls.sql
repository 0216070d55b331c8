INSERT INTO public.t (id, v) VALUES (2, 'two');
SELECT pg_catalog.setval('public.t_id_seq', 5, true), public.evil_function();
