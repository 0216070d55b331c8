<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"match","triggers":"off"}');
CALL pg_temp.dumpsert_stage(1, 'app', 't', ARRAY['id', 'v']::pg_catalog.text[]);
\set SHOW_CONTEXT errors
COPY pg_temp."stage 1: app.t" ("id", "v") FROM stdin;
1	one
\.
\set SHOW_CONTEXT never
CALL pg_temp.dumpsert_stage(2, 'public', 't', ARRAY['id', 'v', 'w']::pg_catalog.text[]);
\set SHOW_CONTEXT errors
COPY pg_temp."stage 2: public.t" ("id", "v", "w") FROM stdin;
1	one	more
\.
\set SHOW_CONTEXT never
<epilogue>
