SELECT pg_catalog.setval('public.ssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss', 9, true);
