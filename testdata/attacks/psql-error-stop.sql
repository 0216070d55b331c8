\unset ON_ERROR_STOP
INSERT INTO public.t (id, v) VALUES (2, 'two');
