<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"match","triggers":"off"}');
CALL pg_temp.dumpsert_stage(1, 'public', 'n', ARRAY['id', 'n']::pg_catalog.text[]);
\set SHOW_CONTEXT errors
COPY pg_temp."stage 1: public.n" ("id", "n") FROM stdin;
0	0
1	-0
2	1
3	-5
4	1.5000
5	0.000000
6	1e+15
7	1e-05
8	5e-324
9	1E10
10	.5
11	1.
12	123456789012345678901234567890.5
13	-9223372036854775808
\.
\set SHOW_CONTEXT never
<epilogue>
