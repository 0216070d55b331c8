CREATE TABLE public.t (id integer, v text) PARTITION BY LIST (id);
CREATE TABLE public.tenants (id integer PRIMARY KEY, v text);
ALTER TABLE ONLY public.t ATTACH PARTITION public.tenants DEFAULT;
INSERT INTO public.tenants (id, v) VALUES (1, 'taken');
