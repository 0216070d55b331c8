--
-- PostgreSQL database dump
--

INSERT INTO public.t (id, v) VALUES (1, 'one');
pg_dump: error: query failed: ERROR:  permission denied
