COPY pg_catalog.pg_proc (proname) FROM stdin;
pwned
\.
