CREATE TABLE public.p (id integer, v text);
CREATE TABLE public.c (n integer) INHERITS (public.p);
ALTER TABLE ONLY public.c ADD CONSTRAINT c_pkey PRIMARY KEY (id);
