COPY public.t (id, v) FROM stdin WHERE pg_sleep(0) IS NULL;
2	x
\.
