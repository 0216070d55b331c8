COPY public.events_1 (id, v) FROM stdin;
5	kept
150	routed
\.
