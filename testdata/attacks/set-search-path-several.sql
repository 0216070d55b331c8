SET search_path = nosuch, pg_catalog, public, other;
INSERT INTO pg_authid (rolname) VALUES ('pwned');
