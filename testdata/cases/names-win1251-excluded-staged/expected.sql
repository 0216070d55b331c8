<opening>
SET LOCAL client_encoding = 'WIN1251';
SET LOCAL lock_timeout = 0;
SET LOCAL client_encoding = 'UTF8';
CALL pg_temp.dumpsert_begin('{"no_key":"match","on_guard":"error","rules":[{"guard":"владелец"}],"selected":{"exclude":[],"exclude_patterns":[{"name":"^(?:секр.*)$","schema":"^(?:public)$"}],"only":null,"schemas":null},"triggers":"off"}');
SET LOCAL client_encoding = 'WIN1251';
CALL pg_temp.dumpsert_stage(1, 'public', 't', ARRAY['id', 'v']::pg_catalog.text[]);
\set SHOW_CONTEXT errors
COPY pg_temp."stage 1: public.t" ("id", "v") FROM stdin;
1	one
\.
\set SHOW_CONTEXT never
SET LOCAL client_encoding = 'UTF8';
CALL pg_temp.dumpsert_left_out(ARRAY['public']::pg_catalog.text[], ARRAY['секрет']::pg_catalog.text[]);
SET LOCAL client_encoding = 'WIN1251';
SET LOCAL client_encoding = 'UTF8';
<epilogue>
