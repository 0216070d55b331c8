SET search_path TO "$user", public;
INSERT INTO t (id, v) VALUES (1, 'one');
SET search_path = nosuch, public;
INSERT INTO t (id, v) VALUES (2, 'two');
SELECT pg_catalog.setval('t_id_seq', 2, true);
SET search_path = pg_catalog, public;
INSERT INTO t (id, v) VALUES (3, 'three');
