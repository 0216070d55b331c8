--
-- PostgreSQL database dump
--

SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;

INSERT INTO public.t (a, b, v) VALUES (1, 'x', 'one');
INSERT INTO public.t (a, b, v) VALUES (1, 'y', 'two');
INSERT INTO public.t (a, b, v) VALUES (1, 'x', 'three');
INSERT INTO public.t (a, b, v) VALUES (1, 'y', 'four');
INSERT INTO public.t (a, b, v) VALUES (2, 'x', 'five');


INSERT INTO public.u (id, v) VALUES
	(1, 'one'),
	(1, 'two'),
	(1, 'three'),
	(2, 'four');


INSERT INTO public.without_key (v) VALUES ('same');
INSERT INTO public.without_key (v) VALUES ('same');

--
-- PostgreSQL database dump complete
--

