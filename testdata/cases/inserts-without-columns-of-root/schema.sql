CREATE TABLE public.p (id integer, v text, PRIMARY KEY (id)) PARTITION BY HASH (id);
