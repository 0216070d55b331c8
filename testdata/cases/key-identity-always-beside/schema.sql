CREATE TABLE public.t (
    id integer NOT NULL,
    n integer NOT NULL,
    v text
);
ALTER TABLE public.t ALTER COLUMN n ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.s
    START WITH 1
);
ALTER TABLE ONLY public.t
    ADD CONSTRAINT k_pkey PRIMARY KEY (id);
