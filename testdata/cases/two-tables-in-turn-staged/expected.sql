<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"match","triggers":"off"}');
CALL pg_temp.dumpsert_stage(1, 'public', 'a', ARRAY['id', 'v']::pg_catalog.text[]);
\set SHOW_CONTEXT errors
COPY pg_temp."stage 1: public.a" ("id", "v") FROM stdin;
1	a1
\.
\set SHOW_CONTEXT never
CALL pg_temp.dumpsert_stage(2, 'public', 'b', ARRAY['id', 'v']::pg_catalog.text[]);
\set SHOW_CONTEXT errors
COPY pg_temp."stage 2: public.b" ("id", "v") FROM stdin;
1	b1
\.
COPY pg_temp."stage 1: public.a" ("id", "v") FROM stdin;
2	a2
\.
COPY pg_temp."stage 2: public.b" ("id", "v") FROM stdin;
2	b2
\.
\set SHOW_CONTEXT never
<epilogue>
