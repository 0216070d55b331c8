COPY public.t (id, v) FROM stdin;
2	\x5c.
3	\134.
4	\\.
\.
