CREATE TABLE public.root (
    id integer NOT NULL,
    region text NOT NULL
)
PARTITION BY LIST (region);
CREATE TABLE public.leaf (
    id integer NOT NULL,
    region text NOT NULL
);
ALTER TABLE ONLY public.root ATTACH PARTITION public.leaf FOR VALUES IN ('eu');
ALTER TABLE ONLY public.leaf
    ADD CONSTRAINT k_pkey PRIMARY KEY (id, region);
