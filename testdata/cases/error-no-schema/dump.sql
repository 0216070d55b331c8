SELECT pg_catalog.set_config('search_path', '', false);
INSERT INTO public.t (id, v) VALUES (1, 'one');
INSERT INTO t (id, v) VALUES (1, 'one');
