INSERT INTO public.t (id, v) VALUES (2, 'two');
VACUUM FULL public.secret;
