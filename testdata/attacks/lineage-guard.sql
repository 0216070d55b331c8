CREATE TABLE public.t (id integer, v text, tenant text) PARTITION BY LIST (id);
CREATE TABLE public.tenants (id integer PRIMARY KEY, tenant text, v text);
ALTER TABLE ONLY public.t ATTACH PARTITION public.tenants DEFAULT;
INSERT INTO public.tenants (id, tenant, v) VALUES (1, 'evil', 'theirs');
