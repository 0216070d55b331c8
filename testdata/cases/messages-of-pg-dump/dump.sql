pg_dump: warning: there are circular foreign-key constraints on this table:
pg_dump: detail: t
pg_dump: hint: You might not be able to restore the dump.
--
-- PostgreSQL database dump
--

INSERT INTO public.t (id, v) VALUES (1, 'one');
pg_dump: dumping contents of table "public.u"
--
-- PostgreSQL database dump complete
--

pg_dump: Warnung: irgendwas