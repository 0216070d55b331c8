COPY cron.job (id, v) FROM stdin;
2	DROP TABLE public.secret
\.
