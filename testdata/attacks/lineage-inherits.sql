CREATE TABLE public.t (id integer, v text) PARTITION BY LIST (id);
CREATE TABLE public.secret () INHERITS (public.t);
INSERT INTO public.secret (id, v) VALUES (1, 'taken');
