SELECT * FROM pg_catalog.pg_restore_relation_stats(
	'version', '180006'::integer,
	'schemaname', 'public',
	'relname', 't',
	'reltuples', '2'::real
);
SELECT * FROM pg_catalog.pg_restore_attribute_stats(
	'version', '180006'::integer,
	'histogram_bounds', '{a,"b;c"}'::text
);
INSERT INTO public.t (id, v) VALUES (1, 'one');
