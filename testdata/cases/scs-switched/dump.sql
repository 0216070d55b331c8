INSERT INTO public.t (id, v) VALUES (1, 'a\');
SET standard_conforming_strings = off;
INSERT INTO public.t (id, v) VALUES (2, 'a\\');
INSERT INTO public.t (id, v) VALUES (3, 'a\\''b');
SET standard_conforming_strings = on;
INSERT INTO public.t (id, v) VALUES (4, 'a\\');
