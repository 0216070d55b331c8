INSERT INTO public.t (id, v) VALUES (2, 'two');
SELECT pg_catalog.setval('public.secret', 5, true);
