CREATE TABLE public.t (id integer, v text) PARTITION BY LIST (id);
CREATE TABLE public.secret PARTITION OF public.t FOR VALUES IN (1);
INSERT INTO public.secret (id, v) VALUES (1, 'taken');
