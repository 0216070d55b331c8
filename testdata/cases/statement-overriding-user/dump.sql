INSERT INTO public.t (id, v) VALUES (1, 'one');
INSERT INTO public.t (id, v) OVERRIDING USER VALUE VALUES (2, 'x');
