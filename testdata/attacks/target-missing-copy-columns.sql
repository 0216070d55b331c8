COPY public.missing (id) FROM stdin;
\! touch @CANARY@/pwned
\.
