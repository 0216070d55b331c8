COPY public.t (id, v) FROM stdin;
1	\101\x41\q
2	x\N
3	a\
b
4	a\	b
5	\134N
6	\x5c.
7	\x
8	\7\18\x4g
9	plain
10	\N
\.
