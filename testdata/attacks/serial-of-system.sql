SELECT setval(pg_get_serial_sequence('pg_catalog.pg_class', 'oid'), 5);
INSERT INTO public.t (id, v) VALUES (2, 'two');
