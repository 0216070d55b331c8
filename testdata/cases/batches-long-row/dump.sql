--
-- PostgreSQL database dump
--

SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;

INSERT INTO public.t (id, v) VALUES (1, 'a');
INSERT INTO public.t (id, v) VALUES (2, 'longer than the cap');
INSERT INTO public.t (id, v) VALUES (3, 'as long as it');
INSERT INTO public.t (id, v) VALUES (4, 'b');
INSERT INTO public.t (id, v) VALUES (5, 'c');

--
-- PostgreSQL database dump complete
--

