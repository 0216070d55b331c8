CREATE TABLE public.audit (id integer) PARTITION BY RANGE (id);
CREATE TABLE public.audit_1 (id integer);
CREATE TABLE public.t (id integer);
ALTER TABLE ONLY public.audit ATTACH PARTITION public.audit_1 FOR VALUES FROM (1) TO (9);
INSERT INTO public.audit_1 (id) VALUES (1);
INSERT INTO public.t (id) VALUES (1);
