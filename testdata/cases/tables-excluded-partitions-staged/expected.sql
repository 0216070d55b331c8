<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"match","selected":{"exclude":[{"name":"audit","schema":"public"}],"exclude_patterns":[],"only":null,"schemas":null},"triggers":"off"}');
CALL pg_temp.dumpsert_stage(1, 'public', 't', ARRAY['id']::pg_catalog.text[]);
\set SHOW_CONTEXT errors
COPY pg_temp."stage 1: public.t" ("id") FROM stdin;
1
\.
\set SHOW_CONTEXT never
CALL pg_temp.dumpsert_left_out(ARRAY['public']::pg_catalog.text[], ARRAY['audit_1']::pg_catalog.text[]);
<epilogue>
