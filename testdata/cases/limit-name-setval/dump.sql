INSERT INTO public.t (id, v) VALUES (1, 'one');
SELECT pg_catalog.setval('public.ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss', 7, true);
