COPY public.logs_1 (id, v) FROM stdin;
150	routed
\.
