--
-- PostgreSQL database dump
--

\restrict AbC123

-- Dumped from database version 17.12 (Debian 17.12-0+deb13u1)
-- Dumped by pg_dump version 17.12 (Debian 17.12-0+deb13u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Data for Name: t; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.t (id, v) FROM stdin;
1	one
2	\N
\.


--
-- Name: t_id_seq; Type: SEQUENCE SET; Schema: public; Owner: postgres
--

SELECT pg_catalog.setval('public.t_id_seq', 2, true);


--
-- Name: 424201..424203; Type: BLOB METADATA; Schema: -; Owner: postgres
--

SELECT pg_catalog.lo_create('424201');
SELECT pg_catalog.lo_create('424203');

ALTER LARGE OBJECT 424201 OWNER TO postgres;
ALTER LARGE OBJECT 424203 OWNER TO postgres;


--
-- Name: LARGE OBJECT 424201; Type: COMMENT; Schema: -; Owner: postgres
--

COMMENT ON LARGE OBJECT 424201 IS 'lo; it''s';


--
-- Data for Name: 424201..424203; Type: BLOBS; Schema: -; Owner: postgres
--

BEGIN;

SELECT pg_catalog.lo_open('424201', 131072);
SELECT pg_catalog.lowrite(0, '\x00ff5c270a');
SELECT pg_catalog.lo_close(0);

SELECT pg_catalog.lo_open('424203', 131072);
SELECT pg_catalog.lo_close(0);

COMMIT;

--
-- PostgreSQL database dump complete
--

\unrestrict AbC123

