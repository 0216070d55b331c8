--
-- PostgreSQL database dump
--

SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;

INSERT INTO public.t (id, v) VALUES (1, 'aaaa');
INSERT INTO public.t (id, v) VALUES (2, 'bbbb');
INSERT INTO public.t (id, v) VALUES (3, 'cccc');
INSERT INTO public.t (id, v) VALUES (4, 'dddd');
INSERT INTO public.t (id, v) VALUES (5, 'eeee');
INSERT INTO public.t (id, v) VALUES (6, 'fffff');
INSERT INTO public.t (id, v) VALUES (7, 'g');

--
-- PostgreSQL database dump complete
--

