COPY public.t (id, v, id) FROM stdin;
1	one	2
\.
