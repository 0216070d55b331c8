INSERT INTO public.t (id, v) VALUES (1, 'one');
COPY public.t (id) FROM stdin WITH (FORMAT csv);
1
\.
