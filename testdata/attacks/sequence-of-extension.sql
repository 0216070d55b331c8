INSERT INTO public.t (id, v) VALUES (2, 'two');
SELECT pg_catalog.setval('cron.run_seq', 1000, true);
