<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"match","selected":{"exclude":[],"exclude_patterns":[],"only":[{"name":"r","schema":"public"}],"schemas":null},"triggers":"off"}');
CALL pg_temp.dumpsert_stage(1, 'public', 'r_1', ARRAY['id']::pg_catalog.text[]);
\set SHOW_CONTEXT errors
COPY pg_temp."stage 1: public.r_1" ("id") FROM stdin;
1
\.
\set SHOW_CONTEXT never
<epilogue>
