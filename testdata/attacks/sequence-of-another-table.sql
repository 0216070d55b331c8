INSERT INTO public.t (id, v) VALUES (2, 'two');
SELECT pg_catalog.setval('public.secret_id_seq', 1000, true);
