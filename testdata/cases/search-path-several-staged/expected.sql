<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"match","triggers":"off"}');
CALL pg_temp.dumpsert_stage_found(1, ARRAY['$user', 'public']::pg_catalog.text[], NULL, 'public', 't', ARRAY['id', 'v']::pg_catalog.text[]);
\set SHOW_CONTEXT errors
COPY pg_temp."stage 1: t" ("id", "v") FROM stdin;
1	one
\.
\set SHOW_CONTEXT never
CALL pg_temp.dumpsert_stage_found(2, ARRAY['nosuch', 'public']::pg_catalog.text[], NULL, 'nosuch', 't', ARRAY['id', 'v']::pg_catalog.text[]);
\set SHOW_CONTEXT errors
COPY pg_temp."stage 2: t" ("id", "v") FROM stdin;
2	two
\.
\set SHOW_CONTEXT never
CALL pg_temp.dumpsert_sequence_found(ARRAY['nosuch', 'public']::pg_catalog.text[], NULL, 'nosuch', 't_id_seq', 2, true);
CALL pg_temp.dumpsert_stage(3, 'public', 't', ARRAY['id', 'v']::pg_catalog.text[]);
\set SHOW_CONTEXT errors
COPY pg_temp."stage 3: public.t" ("id", "v") FROM stdin;
3	three
\.
\set SHOW_CONTEXT never
<epilogue>
