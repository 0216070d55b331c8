COPY public.t (id, v) FROM stdin;
2	aÃ
3	ğŸ
\.
