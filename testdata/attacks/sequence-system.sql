INSERT INTO public.t (id, v) VALUES (2, 'two');
SELECT pg_catalog.setval('pg_catalog.s', 5, true);
