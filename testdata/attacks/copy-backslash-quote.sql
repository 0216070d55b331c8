COPY public.t (id, v) FROM stdin;
2	\\'); DELETE FROM public.secret; --
\.
