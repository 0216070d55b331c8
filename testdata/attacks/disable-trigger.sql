ALTER TABLE public.secret DISABLE TRIGGER ALL;
INSERT INTO public.t (id, v) VALUES (2, 'two');
