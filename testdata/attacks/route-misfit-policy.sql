COPY public.events_1 (id, v) FROM stdin;
101	routed
\.
