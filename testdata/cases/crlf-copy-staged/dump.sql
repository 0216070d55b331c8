COPY public.t (id, v) FROM stdin;
1	one\ra
2	\N
3	\x41\\
\.
