COPY pg_temp.t (id) FROM stdin;
1
\.
