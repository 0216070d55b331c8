SELECT pg_catalog.set_config('session_replication_role', 'replica', true);
INSERT INTO public.t (id, v) VALUES (2, 'two');
