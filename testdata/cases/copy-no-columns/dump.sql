COPY public.z  FROM stdin;


\.
