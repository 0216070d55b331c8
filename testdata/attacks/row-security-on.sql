SET row_security = on;
INSERT INTO public.t (id, v) VALUES (2, 'two');
