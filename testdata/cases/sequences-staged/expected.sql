<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"match","triggers":"off"}');
CALL pg_temp.dumpsert_stage(1, 'public', 't', ARRAY['id', 'v']::pg_catalog.text[]);
\set SHOW_CONTEXT errors
COPY pg_temp."stage 1: public.t" ("id", "v") FROM stdin;
1	one
2	\N
3	
\.
\set SHOW_CONTEXT never
CALL pg_temp.dumpsert_sequence('public', 't_id_seq', 110, true);
CALL pg_temp.dumpsert_sequence('public', 'Id Seq''', 1, false);
CALL pg_temp.dumpsert_sequence('Mixed " Case', 's;
--', -9223372036854775808, true);
CALL pg_temp.dumpsert_sequence('app', 's_max', 9223372036854775807, true);
<epilogue>
