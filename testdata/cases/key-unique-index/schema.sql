CREATE TABLE public.t (
    a integer NOT NULL,
    b integer NOT NULL,
    v text
);
CREATE UNIQUE INDEX i ON public.t USING btree (a DESC NULLS LAST, b) INCLUDE (v);
