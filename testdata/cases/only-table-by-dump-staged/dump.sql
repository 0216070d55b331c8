CREATE TABLE public.r (id integer) PARTITION BY LIST (id);
CREATE TABLE public.users (id integer);
ALTER TABLE ONLY public.r ATTACH PARTITION public.users DEFAULT;
INSERT INTO public.users (id) VALUES (1);
