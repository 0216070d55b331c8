<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"match","triggers":"off"}');
CALL pg_temp.dumpsert_stage(1, 'public', 'f', ARRAY['id', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']::pg_catalog.text[]);
\set SHOW_CONTEXT errors
COPY pg_temp."stage 1: public.f" ("id", "a", "b", "c", "d", "e", "f", "g", "h") FROM stdin;
1	\N	true	false	-1.5e+15	0101		text	
\.
\set SHOW_CONTEXT never
<epilogue>
