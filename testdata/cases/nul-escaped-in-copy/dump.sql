COPY public.t (id, v) FROM stdin;
1	one
2	a\000b
\.
