INSERT INTO public.t (id, v) VALUES (1, 'one');
SET session_replication_role = replica;
