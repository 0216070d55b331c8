INSERT INTO public.t (id, v) VALUES (2, 'two');
GRANT ALL ON public.secret TO PUBLIC;
