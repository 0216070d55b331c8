INSERT INTO public.t (id, v) VALUES (1, 'one');
SET LOCAL row_security = on;
