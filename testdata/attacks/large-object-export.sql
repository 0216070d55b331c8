INSERT INTO public.t (id, v) VALUES (2, 'two');
SELECT pg_catalog.lo_export(1, '@CANARY@/pwned');
