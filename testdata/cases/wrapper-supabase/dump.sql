SET session_replication_role = replica;

--
-- PostgreSQL database dump
--

-- \restrict 0a1B2c

SET statement_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET row_security = off;

INSERT INTO "public"."t" ("id", "v") VALUES
	(1, 'one'),
	(2, 'two');


SELECT pg_catalog.setval('"public"."t_id_seq"', 2, true);


--
-- PostgreSQL database dump complete
--

-- \unrestrict 0a1B2c

RESET ALL;
