INSERT INTO public.t (id, v) VALUES (1, 'one');
INSERT INTO public.t (id, "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn") VALUES (2, 'two');
