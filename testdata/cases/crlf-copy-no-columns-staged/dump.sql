COPY public.t  FROM stdin;


\.
