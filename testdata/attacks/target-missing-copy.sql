COPY public.missing (id, v) FROM stdin;
\! touch @CANARY@/pwned
1	x
\.
