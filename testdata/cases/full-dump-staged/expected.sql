<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"match","triggers":"off"}');
CALL pg_temp.dumpsert_stage(1, 'app', 'Order', ARRAY['id', 'note']::pg_catalog.text[]);
\set SHOW_CONTEXT errors
COPY pg_temp."stage 1: app.Order" ("id", "note") FROM stdin;
1	a;b
\.
\set SHOW_CONTEXT never
<epilogue>
