\connect - postgres
SET search_path = app, pg_catalog;
INSERT INTO t (id, v) VALUES (1, 'one');
\connect - other 	
INSERT INTO public.t (id, v) VALUES (2, 'two');
