SELECT pg_catalog.set_config('standard_conforming_strings', 'off', false);
INSERT INTO public.t (id, v) VALUES (2, '\'; DELETE FROM public.secret; --');
