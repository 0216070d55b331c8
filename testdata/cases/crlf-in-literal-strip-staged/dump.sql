-- Windows
INSERT INTO public.t (id, v) VALUES (2, 'two
lines''');
