SELECT setval('public.t_id_seq', coalesce(max(id), length(public.evil_function()))) FROM public.t;
INSERT INTO public.t (id, v) VALUES (2, 'two');
