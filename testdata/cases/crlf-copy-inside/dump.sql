COPY public.t (id, v) FROM stdin;
1	one
\.
