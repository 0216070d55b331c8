-- Windows
INSERT INTO public.t (id, v) VALUES (1, 'one');
INSERT INTO public.t (id, v) VALUES (2, 'two
lines, a lone  and a lone
end');
INSERT INTO public.t (id, v) VALUES (3, 'a
b');
