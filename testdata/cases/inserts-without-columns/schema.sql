CREATE TABLE public.t (v text, id integer PRIMARY KEY);
