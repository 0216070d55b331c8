SET standard_conforming_strings = maybe;
INSERT INTO public.t (id, v) VALUES (1, 'one');
