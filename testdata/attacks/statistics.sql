INSERT INTO public.t (id, v) VALUES (2, 'two');
SELECT * FROM pg_catalog.pg_restore_relation_stats('relation', 'public.t'::regclass, 'relpages', 1000000::integer);
