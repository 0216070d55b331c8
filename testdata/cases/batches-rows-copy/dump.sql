--
-- PostgreSQL database dump
--

SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;

COPY public.t (id, v) FROM stdin;
1	one
2	two
3	\N
4	four
5	five
\.


COPY public.u (id) FROM stdin;
1
2
\.


--
-- PostgreSQL database dump complete
--

