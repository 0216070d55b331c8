<opening>
SET LOCAL client_encoding = 'LATIN1';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"match","triggers":"off"}');
CALL pg_temp.dumpsert_stage(1, 'public', 'Straße', ARRAY['id', 'größe']::pg_catalog.text[]);
\set SHOW_CONTEXT errors
COPY pg_temp."stage 1" ("id", "größe") FROM stdin;
1	ü
\.
\set SHOW_CONTEXT never
SET LOCAL client_encoding = 'UTF8';
<epilogue>
