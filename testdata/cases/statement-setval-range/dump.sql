INSERT INTO public.t (id, v) VALUES (1, 'one');
SELECT pg_catalog.setval('public.s', 9223372036854775808, true);
