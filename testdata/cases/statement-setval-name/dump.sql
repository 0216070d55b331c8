INSERT INTO public.t (id, v) VALUES (1, 'one');
SELECT pg_catalog.setval('public.s; x', 1, true);
