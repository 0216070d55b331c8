CREATE TABLE public.t (id integer, v text);
INSERT INTO public.t (id, v) VALUES (2, 'two');
CREATE TABLE public.pwned AS SELECT public.evil_function();
