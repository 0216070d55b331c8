COPY public.tenants (v, id) FROM stdin;
mine	1
\.
