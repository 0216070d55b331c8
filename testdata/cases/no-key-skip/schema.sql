CREATE TABLE public.t (
    a integer,
    b integer,
    v text
);
CREATE TABLE public.u (
    id integer NOT NULL,
    v text
);
ALTER TABLE ONLY public.u
    ADD CONSTRAINT k_pkey PRIMARY KEY (id);
