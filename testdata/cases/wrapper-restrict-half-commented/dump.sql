--
-- PostgreSQL database dump
--

\restrict a1

INSERT INTO public.t (id, v) VALUES (1, 'one');
--
-- PostgreSQL database dump complete
--

-- \unrestrict a1
