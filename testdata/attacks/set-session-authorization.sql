SET SESSION AUTHORIZATION 'postgres; DROP TABLE public.secret';
INSERT INTO public.t (id, v) VALUES (2, 'two');
