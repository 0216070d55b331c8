--
-- PostgreSQL database dump
--

-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

CREATE SCHEMA app;


ALTER SCHEMA app OWNER TO postgres;

CREATE FUNCTION public.f() RETURNS trigger
    LANGUAGE plpgsql
    AS $_$
BEGIN
  INSERT INTO public.evil (id) VALUES (1); -- '$$
  RETURN NEW;
END;
$_$;

CREATE FUNCTION public.g(a integer) RETURNS integer
    LANGUAGE sql
    BEGIN ATOMIC
 INSERT INTO public.evil (id) VALUES (2);
 SELECT CASE WHEN (a > 0) THEN 1 ELSE 2 END;
END;

CREATE PROCEDURE public.h()
    LANGUAGE plpgsql
    AS 'begin; insert into public.evil values (''x''); end';

SET default_tablespace = '';
SET default_table_access_method = heap;

CREATE TABLE app."Order" (
    id integer NOT NULL,
    note text DEFAULT 'de;f''ault
INSERT INTO public.evil (id) VALUES (3);'::text
);

COMMENT ON TABLE app."Order" IS 'a
COPY public.evil (id) FROM stdin;
1
\.
';

CREATE VIEW public.v AS
 SELECT 1 AS ";";

CREATE MATERIALIZED VIEW public.mv AS
 SELECT 1 AS a
  WITH NO DATA;

CREATE RULE r AS
    ON DELETE TO app."Order" DO ( INSERT INTO public.evil (id) VALUES (4);
 DELETE FROM public.evil;
);

--
-- Data for Name: Order; Type: TABLE DATA; Schema: app; Owner: postgres
--

INSERT INTO app."Order" (id, note) VALUES (1, 'a;b');

ALTER TABLE ONLY app."Order"
    ADD CONSTRAINT "Order_pkey" PRIMARY KEY (id);

CREATE TRIGGER tr BEFORE INSERT ON app."Order" FOR EACH ROW EXECUTE FUNCTION public.f();

REFRESH MATERIALIZED VIEW public.mv;

GRANT SELECT ON TABLE app."Order" TO someone;

--
-- PostgreSQL database dump complete
--

