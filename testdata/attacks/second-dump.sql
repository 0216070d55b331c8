--
-- PostgreSQL database dump
--
INSERT INTO public.t (id, v) VALUES (2, 'two');
--
-- PostgreSQL database dump complete
--

--
-- PostgreSQL database dump
--
INSERT INTO public.t (id, v) VALUES (2, 'two');
