--
-- PostgreSQL database dump
--

SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;

COPY public.t (v, b, a) FROM stdin;
one	x	1
two	y	1
three	x	1
four	y	1
five	x	2
\.


COPY public.without_key (v) FROM stdin;
same
same
\.


--
-- PostgreSQL database dump complete
--

