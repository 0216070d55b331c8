INSERT INTO public.g (id, doubled) VALUES (1, DEFAULT);
INSERT INTO public.g (id, doubled) VALUES (2, DEFAULT);
