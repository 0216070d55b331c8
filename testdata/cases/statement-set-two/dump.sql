INSERT INTO public.t (id, v) VALUES (1, 'one');
SET row_security = off; SET x = 1;
