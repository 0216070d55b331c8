INSERT INTO public._prisma_migrations (id, checksum) VALUES ('a', 'b');
INSERT INTO public.t (id, v) VALUES (1, 'one');
INSERT INTO public._prisma_migrations (id, checksum) VALUES ('c', 'd');
