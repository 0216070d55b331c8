COPY public.t (id) FROM stdin;
2
\\.
\.
