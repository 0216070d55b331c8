-- Windows

COPY public.t (id, v) FROM stdin;
1	one\ra
2	\N
3	\x41\\
\.

SELECT pg_catalog.setval('public.t_id_seq', 3, true);
