INSERT INTO public.t (id, v) VALUES (1, 'one');
COPY public."яяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяяя" (id, v) FROM stdin;
2	two
\.
