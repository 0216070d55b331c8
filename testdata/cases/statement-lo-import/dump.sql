INSERT INTO public.t (id, v) VALUES (1, 'one');
SELECT pg_catalog.lo_import('/etc/passwd');
