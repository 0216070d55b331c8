COPY public.t (id, v) FROM stdin;
2	x
\.
\! touch @CANARY@/pwned
