SET session_replication_role = 'origin';
SET LOCAL session_replication_role TO replica;
SET SESSION maintenance_work_mem = '1GB';
SET CONSTRAINTS ALL DEFERRED;
INSERT INTO public.t (id, v) VALUES (1, 'one');
RESET session_replication_role;
RESET ALL;
