SET client_encoding = 'LATIN1';
COPY public."Straße" (id, "größe") FROM stdin;
1	ü
\.
