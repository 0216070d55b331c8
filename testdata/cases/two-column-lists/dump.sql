INSERT INTO public.t (id, v) VALUES (1, 'one');
INSERT INTO public.t (v, id) VALUES ('two', 2);
INSERT INTO public.t (id) VALUES (3);
INSERT INTO public.t (id, v) VALUES (4, 'four');
