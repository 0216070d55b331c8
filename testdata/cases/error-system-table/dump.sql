INSERT INTO pg_catalog.pg_proc (oid, id) VALUES (1, 2);
