\connect - postgres
SET search_path = public, pg_catalog;
INSERT INTO t (id, v) VALUES (1, 'one');
\connect app "Some Body"  
INSERT INTO public.t (id, v) VALUES (2, 'two');
