CREATE TABLE public.t (
    a numeric(10,2) NOT NULL,
    v text
);
ALTER TABLE ONLY public.t
    ADD CONSTRAINT k_pkey PRIMARY KEY (a);
