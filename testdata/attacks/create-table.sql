CREATE TABLE public.t (id integer, v text);
CREATE TABLE public.pwned (id integer);
INSERT INTO public.t (id, v) VALUES (2, 'two');
