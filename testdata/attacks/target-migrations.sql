INSERT INTO public._prisma_migrations (id) VALUES ('x');
INSERT INTO public.t (id, v) VALUES (2, 'two');
