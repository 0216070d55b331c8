INSERT INTO public.t (id, v) VALUES (2, 'two');
COMMIT;
BEGIN;
INSERT INTO public.t (id, v) VALUES (3, 'three');
