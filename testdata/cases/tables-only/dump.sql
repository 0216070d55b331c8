INSERT INTO public."Sessions" (id, v) VALUES (1, 'one');
INSERT INTO public.log_2024 (id, v) VALUES (1, 'one');
INSERT INTO public.log_2024 (id, v) VALUES (2, 'two');
INSERT INTO app.log_2024 (id, v) VALUES (3, 'three');
INSERT INTO public."_prisma_migrations" (id, v) VALUES ('x', 'y');
COPY public.kept (id, v) FROM stdin;
1	one
\.
COPY public."LOG" (id, v) FROM stdin;
\.
INSERT INTO public."Sessions" DEFAULT VALUES;
