INSERT INTO PG_Catalog.pg_authid (rolname) VALUES ('pwned');
