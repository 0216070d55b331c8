COPY public.t (id, v) FROM stdin;
1	one
2	\N
3	
\.


SELECT pg_catalog.setval('public.t_id_seq', 110, true);


SELECT pg_catalog.setval('public."Id Seq''"', 1, false);
SELECT pg_catalog.setval('"Mixed "" Case"."s;
--"', -9223372036854775808, true);
SELECT pg_catalog.setval('app.s_max', 9223372036854775807, true);
