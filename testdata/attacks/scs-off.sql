SET standard_conforming_strings = off;
INSERT INTO public.t (id, v) VALUES (2, '\'; DELETE FROM public.secret; --');
