<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"match","selected":{"exclude":[{"name":"log","schema":"public"}],"exclude_patterns":[],"only":null,"schemas":["public","other"]},"triggers":"off"}');
CALL pg_temp.dumpsert_stage_found(1, ARRAY['app', 'public', 'other']::pg_catalog.text[], ARRAY['public', 'other']::pg_catalog.text[], 'public', 't', ARRAY['id', 'v']::pg_catalog.text[]);
\set SHOW_CONTEXT errors
COPY pg_temp."stage 1: t" ("id", "v") FROM stdin;
1	one
\.
\set SHOW_CONTEXT never
CALL pg_temp.dumpsert_stage_found(2, ARRAY['app', 'public', 'other']::pg_catalog.text[], ARRAY['other']::pg_catalog.text[], 'other', 'log', ARRAY['id']::pg_catalog.text[]);
\set SHOW_CONTEXT errors
COPY pg_temp."stage 2: log" ("id") FROM stdin;
1
\.
\set SHOW_CONTEXT never
<epilogue>
