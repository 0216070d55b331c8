CREATE TABLE public.t (id integer, v text) PARTITION BY LIST (id);
CREATE TABLE public.secret (id integer PRIMARY KEY, v text);
ALTER TABLE ONLY public.t ATTACH PARTITION public.secret DEFAULT;
INSERT INTO public.secret (id, v) VALUES (1, 'taken');
