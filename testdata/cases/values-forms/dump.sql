INSERT INTO public.f (id, a, b, c, d, e, f, g, h) VALUES (1, NULL, true, false, -1.5e+15, B'0101', B'', 'text', '');
