INSERT INTO public.t (id, v) VALUES (1, 'one');
SELECT pg_catalog.setval(pg_catalog.pg_get_serial_sequence('public.t', 'id'), 1, true);
SELECT setval(pg_get_serial_sequence('t', 'Id'), 5);
SET search_path = app, public;
SELECT setval(pg_get_serial_sequence('t', 'id'), 6, false);
SELECT setval('public.t_id_seq'::regclass, 7);
SELECT setval('t_id_seq', (SELECT MAX(id) FROM t));
