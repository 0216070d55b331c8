<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"match","triggers":"off"}');
CALL pg_temp.dumpsert_stage(1, 'public', 't', ARRAY['id', 'v']::pg_catalog.text[]);
\set SHOW_CONTEXT errors
COPY pg_temp."stage 1: public.t" ("id", "v") FROM stdin;
1	one\ra
2	\N
3	A\\
\.
\set SHOW_CONTEXT never
<epilogue>
