-- Windows
CREATE TABLE public.u (id integer,
 v text DEFAULT 'two
lines');
INSERT INTO public.t (id, v) VALUES (1, 'one');
