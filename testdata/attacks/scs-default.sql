SET standard_conforming_strings = DEFAULT;
INSERT INTO public.t (id, v) VALUES (2, 'two');
