INSERT INTO public.t (id, gone, v, "Gone") VALUES (1, 'x', 'one', NULL);
INSERT INTO public.t (id, v) VALUES (2, 'two');
INSERT INTO public.absent (id, v) VALUES (1, 'one');
COPY public.t (gone, id, v) FROM stdin;
x	3	three
\.
COPY public.u (c, b, a) FROM stdin;
1	2	3
4	\N	6
\.
COPY public.absent (id) FROM stdin;
1
\.
