SET standard_conforming_strings = off;
SET escape_string_warning = off;
INSERT INTO public.t (id, v) VALUES (1, 'a\'b');
