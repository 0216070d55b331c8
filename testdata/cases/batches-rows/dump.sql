--
-- PostgreSQL database dump
--

SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;

INSERT INTO public.t (id, v) VALUES (1, 'one');
INSERT INTO public.t (id, v) VALUES (2, 'two');
INSERT INTO public.t (id, v) VALUES (3, 'three');
INSERT INTO public.t (id, v) VALUES (4, 'four');
INSERT INTO public.t (id, v) VALUES
	(5, 'five'),
	(6, 'six'),
	(7, 'seven');


INSERT INTO public.u (id) VALUES (1);
INSERT INTO public.u (id) VALUES (2);
INSERT INTO public.u (id) VALUES (3);


INSERT INTO public.t (id, v) VALUES (8, 'eight');
INSERT INTO public.t (id, v) VALUES (9, 'nine');

--
-- PostgreSQL database dump complete
--

