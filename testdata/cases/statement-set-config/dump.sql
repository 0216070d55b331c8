INSERT INTO public.t (id, v) VALUES (1, 'one');
SELECT pg_catalog.set_config('session_replication_role', 'replica', false);
