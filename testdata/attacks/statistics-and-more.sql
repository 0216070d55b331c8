INSERT INTO public.t (id, v) VALUES (2, 'two');
SELECT * FROM pg_catalog.pg_restore_everything('x');
