CREATE TABLE public.t (
    a integer,
    b integer,
    v text
);
ALTER TABLE ONLY public.t ADD CONSTRAINT u UNIQUE (b, a);
