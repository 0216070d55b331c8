CREATE TABLE public.g (
    id integer NOT NULL,
    doubled integer GENERATED ALWAYS AS ((id * 2)) STORED
);
ALTER TABLE ONLY public.g ADD CONSTRAINT g_pkey PRIMARY KEY (id);
