COPY public.t (id, v) FROM stdin;
1	one
2	two
\.
