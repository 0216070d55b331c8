<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"match","triggers":"off","unknown_columns":"drop","unknown_tables":"drop"}');
CALL pg_temp.dumpsert_stage(1, 'public', 't', ARRAY['id', 'gone', 'v', 'Gone']::pg_catalog.text[]);
\set SHOW_CONTEXT errors
COPY pg_temp."stage 1: public.t" ("id", "gone", "v", "Gone") FROM stdin;
1	x	one	\N
\.
\set SHOW_CONTEXT never
CALL pg_temp.dumpsert_stage(2, 'public', 't', ARRAY['id', 'v']::pg_catalog.text[]);
\set SHOW_CONTEXT errors
COPY pg_temp."stage 2: public.t" ("id", "v") FROM stdin;
2	two
\.
\set SHOW_CONTEXT never
CALL pg_temp.dumpsert_stage(3, 'public', 'absent', ARRAY['id', 'v']::pg_catalog.text[]);
\set SHOW_CONTEXT errors
COPY pg_temp."stage 3: public.absent" ("id", "v") FROM stdin;
1	one
\.
\set SHOW_CONTEXT never
CALL pg_temp.dumpsert_stage(4, 'public', 't', ARRAY['gone', 'id', 'v']::pg_catalog.text[]);
\set SHOW_CONTEXT errors
COPY pg_temp."stage 4: public.t" ("gone", "id", "v") FROM stdin;
x	3	three
\.
\set SHOW_CONTEXT never
CALL pg_temp.dumpsert_stage(5, 'public', 'u', ARRAY['c', 'b', 'a']::pg_catalog.text[]);
\set SHOW_CONTEXT errors
COPY pg_temp."stage 5: public.u" ("c", "b", "a") FROM stdin;
1	2	3
4	\N	6
\.
\set SHOW_CONTEXT never
CALL pg_temp.dumpsert_stage(6, 'public', 'absent', ARRAY['id']::pg_catalog.text[]);
\set SHOW_CONTEXT errors
COPY pg_temp."stage 6: public.absent" ("id") FROM stdin;
1
\.
\set SHOW_CONTEXT never
<epilogue>
