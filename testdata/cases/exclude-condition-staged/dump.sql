--
-- PostgreSQL database dump
--

SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;

COPY public.businesses (id, name, "isDemo") FROM stdin;
demo-1	Demo shop	t
acme	It's ours	f
demolition-co	\N	f
my-demos-shop	π; --	f
shop-demo	a\\b	f
\.


COPY public.people (id, boss, "businessId") FROM stdin;
1	\N	acme
2	\N	demo-1
3	2	acme
4	3	acme
\.


COPY public.orders (id, "businessId", "managerId", total) FROM stdin;
10	acme	2	1.50
11	demo-1	1	2.00
12	shop-demo	3	-0.10
13	\N	\N	\N
\.


COPY public.items (id, "orderId", note) FROM stdin;
100	10	kept
101	11	tab\there
102	12	\N
\.


COPY public.notes (id, subject) FROM stdin;
1	demo-1
2	acme
3	11
\.


--
-- PostgreSQL database dump complete
--

