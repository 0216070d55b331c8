<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"match","selected":{"exclude":[{"name":"Sessions","schema":"public"}],"exclude_patterns":[{"name":"^(?:log_....)$","schema":"^(?:.*)$"}],"only":null,"schemas":null},"triggers":"off"}');
CALL pg_temp.dumpsert_stage(1, 'public', 'kept', ARRAY['id', 'v']::pg_catalog.text[]);
\set SHOW_CONTEXT errors
COPY pg_temp."stage 1: public.kept" ("id", "v") FROM stdin;
1	one
\.
\set SHOW_CONTEXT never
CALL pg_temp.dumpsert_left_out(ARRAY['app', 'public', 'public']::pg_catalog.text[], ARRAY['log_2024', 'Sessions', 'log_2024']::pg_catalog.text[]);
<epilogue>
