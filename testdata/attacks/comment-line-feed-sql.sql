-- load via partition root public."a
DROP TABLE public.secret;
-- "
INSERT INTO public.t (id, v) VALUES (2, 'two');
