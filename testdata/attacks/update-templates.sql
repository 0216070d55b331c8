INSERT INTO public.t (id, v) VALUES (2, 'two');
UPDATE pg_catalog.pg_database SET datistemplate = false, datallowconn = false WHERE true;
