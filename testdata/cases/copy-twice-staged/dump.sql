COPY public.t (id, v) FROM stdin;
1	one
2	\N
3	
\.


COPY public.u (id) FROM stdin;
\.


COPY public.t (id, v) FROM stdin;
4	four
\.
