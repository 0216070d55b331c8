INSERT INTO public.t (id, v) VALUES (1, 'one');
INSERT INTO public.t (id, v) VALUES (2, 'two'), (3, 'three');
COPY public.t (id, v) FROM stdin;
4	four
\.
