--
-- PostgreSQL database dump
--

-- Dumped from database version 9.6.24
-- Dumped by pg_dump version 9.6.24

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = false;
SET client_min_messages = warning;
SET row_security = off;

SET search_path = public, pg_catalog;

--
-- Data for Name: users; Type: TABLE DATA; Schema: public; Owner: app
--

COPY users (id, email, bio, active, score) FROM stdin;
1	zoe@example.com	Zoë O'Brien, "back\\slash"	t	9.50
2	li@example.com	\N	f	\N
\.


--
-- Data for Name: orders; Type: TABLE DATA; Schema: public; Owner: app
--

COPY orders (id, user_id, note) FROM stdin;
1	1	first
2	2	\N
\.


--
-- Name: users_id_seq; Type: SEQUENCE SET; Schema: public; Owner: app
--

SELECT pg_catalog.setval('users_id_seq', 2, true);


--
-- Name: orders_id_seq; Type: SEQUENCE SET; Schema: public; Owner: app
--

SELECT pg_catalog.setval('orders_id_seq', 2, true);


--
-- PostgreSQL database dump complete
--

