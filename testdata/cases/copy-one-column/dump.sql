COPY public.o (id) FROM stdin;

\N
a
\.
