CREATE TABLE public.t (
    a integer NOT NULL,
    g integer GENERATED ALWAYS AS ((a * 2)) STORED NOT NULL,
    v text
);
ALTER TABLE ONLY public.t
    ADD CONSTRAINT k_pkey PRIMARY KEY (g);
