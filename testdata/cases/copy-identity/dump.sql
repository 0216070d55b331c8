COPY public.i (id, v) FROM stdin;
1	one
\.
