SET client_encoding = 'KOI8R';
COPY public."секрет" (id, v) FROM stdin;
1	taken
\.
INSERT INTO public.t (id, v) VALUES (1, 'new');
