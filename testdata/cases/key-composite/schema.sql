CREATE TABLE public.t (
    a integer NOT NULL,
    b integer NOT NULL,
    v text
);
ALTER TABLE ONLY public.t
    ADD CONSTRAINT k_pkey PRIMARY KEY (a, b);
