INSERT INTO public.t (id, v) VALUES (2, 'two');
SELECT pg_catalog.lo_create('424242');
SELECT pg_catalog.lowrite(0, '\x00');
