--
-- PostgreSQL database dump
--

SET client_encoding = 'UTF8';
SET check_function_bodies = false;
SET client_min_messages = warning;

SET search_path = public, pg_catalog;

INSERT INTO "users" ("id", "email", "bio", "active", "score") VALUES ('1', 'zoe@example.com', 'Zoë O''Brien, "back\slash"', 't', '9.50');
INSERT INTO "users" ("id", "email", "bio", "active", "score") VALUES ('2', 'li@example.com', NULL, 'f', NULL);
INSERT INTO "orders" ("id", "user_id", "note") VALUES ('1', '1', 'first');
INSERT INTO "orders" ("id", "user_id", "note") VALUES ('2', '2', NULL);

--
-- PostgreSQL database dump complete
--

