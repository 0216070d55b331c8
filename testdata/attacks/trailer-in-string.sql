--
-- PostgreSQL database dump
--
INSERT INTO public.t (id, v) VALUES (2, 'x
-- PostgreSQL database dump complete
');
