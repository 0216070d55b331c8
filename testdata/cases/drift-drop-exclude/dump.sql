INSERT INTO public.p (gone, id, v) VALUES ('x', 1, 'out');
INSERT INTO public.p (gone, id, v) VALUES ('x', 2, 'in');
INSERT INTO public.absent (id, p) VALUES (1, 1);
COPY public.c (id, gone, p, v, more) FROM stdin;
1	g	1	one	m
2	g	2	two	m
\.
INSERT INTO public.c (id, gone, p, v) VALUES (3, 'x', 1, 'three');
