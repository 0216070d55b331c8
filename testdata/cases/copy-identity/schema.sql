CREATE TABLE public.i (
    id integer NOT NULL,
    v text
);
ALTER TABLE public.i ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.i_id_seq
    START WITH 1
);
ALTER TABLE ONLY public.i ADD CONSTRAINT i_pkey PRIMARY KEY (id);
