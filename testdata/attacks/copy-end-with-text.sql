COPY public.t (id, v) FROM stdin;
2	x
\.x
DELETE FROM public.secret;
\.
