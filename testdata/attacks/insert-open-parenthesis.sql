INSERT INTO public.t (id, v) VALUES (2, 'x';
DELETE FROM public.secret;
);
