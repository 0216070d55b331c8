INSERT INTO public.a (id, v) VALUES (1, 'a1');
INSERT INTO public.b (id, v) VALUES (1, 'b1');
INSERT INTO public.a (id, v) VALUES (2, 'a2');
INSERT INTO public.b (id, v) VALUES (2, 'b2');
