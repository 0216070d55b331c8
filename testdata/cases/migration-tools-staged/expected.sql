<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"match","triggers":"off"}');
CALL pg_temp.dumpsert_stage(1, 'public', 'sequelizemeta', ARRAY['id']::pg_catalog.text[]);
\set SHOW_CONTEXT errors
COPY pg_temp."stage 1: public.sequelizemeta" ("id") FROM stdin;
1
\.
\set SHOW_CONTEXT never
CALL pg_temp.dumpsert_stage(2, 'public', 'migrations', ARRAY['id']::pg_catalog.text[]);
\set SHOW_CONTEXT errors
COPY pg_temp."stage 2: public.migrations" ("id") FROM stdin;
1
\.
\set SHOW_CONTEXT never
CALL pg_temp.dumpsert_stage(3, 'drizzle', 't', ARRAY['id']::pg_catalog.text[]);
\set SHOW_CONTEXT errors
COPY pg_temp."stage 3: drizzle.t" ("id") FROM stdin;
1
\.
\set SHOW_CONTEXT never
CALL pg_temp.dumpsert_stage(4, 'public', 'my_schema_migrations', ARRAY['id']::pg_catalog.text[]);
\set SHOW_CONTEXT errors
COPY pg_temp."stage 4: public.my_schema_migrations" ("id") FROM stdin;
1
\.
\set SHOW_CONTEXT never
<epilogue>
