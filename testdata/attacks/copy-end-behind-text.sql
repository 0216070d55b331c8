COPY public.t (id, v) FROM stdin;
2	x\.
DELETE FROM public.secret;
\.
