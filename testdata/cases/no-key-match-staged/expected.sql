<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"match","triggers":"off"}');
CALL pg_temp.dumpsert_stage(1, 'public', 't', ARRAY['b', 'v', 'a']::pg_catalog.text[]);
\set SHOW_CONTEXT errors
COPY pg_temp."stage 1: public.t" ("b", "v", "a") FROM stdin;
2	x	1
3	y	1
\.
\set SHOW_CONTEXT never
<epilogue>
