COPY public.t (id, v) FROM stdin WITH (DELIMITER ',');
2,x
\.
