INSERT INTO public.t (id, v) VALUES (2, 'two');
PREPARE p AS DELETE FROM public.secret;
EXECUTE p;
