<opening>
SET LOCAL client_encoding = 'EUC_KR';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"match","triggers":"off"}');
CALL pg_temp.dumpsert_stage(1, 'public', 'ÇÑ±Û', ARRAY['id']::pg_catalog.text[]);
\set SHOW_CONTEXT errors
COPY pg_temp."stage 1" ("id") FROM stdin;
1
\.
\set SHOW_CONTEXT never
SET LOCAL client_encoding = 'UTF8';
<epilogue>
