SET standard_conforming_strings = off;
INSERT INTO public.t (id, v) VALUES (1, 'a\\b');
RESET ALL;
INSERT INTO public.t (id, v) VALUES (2, 'a\b');
