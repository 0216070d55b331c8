INSERT INTO public.t (id, v) VALUES (1, 'one');
DO $$BEGIN DROP TABLE public.t; END$$;
