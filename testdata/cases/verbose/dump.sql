--
-- PostgreSQL database dump
--

-- Dumped from database version 15.18
-- Dumped by pg_dump version 15.18

-- Started on 2026-11-23 05:05:35 UTC

SET statement_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;

--
-- TOC entry 4409 (class 0 OID 21135)
-- Dependencies: 289
-- Data for Name: t; Type: TABLE DATA; Schema: public; Owner: postgres
-- Data Pos: 12345
--

INSERT INTO public.t (id, v) VALUES (1, 'one');


-- Completed on 2026-11-23 05:05:35 UTC

--
-- PostgreSQL database dump complete
--

