INSERT INTO public.t VALUES ('one', 1);
INSERT INTO public.t VALUES ('two', 2);
