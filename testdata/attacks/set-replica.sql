SET session_replication_role = replica;
INSERT INTO public.t (id, v) VALUES (2, 'two');
