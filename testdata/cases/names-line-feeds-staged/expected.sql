<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"match","triggers":"off"}');
CALL pg_temp.dumpsert_stage(1, 'new
line', '-- comment
INSERT INTO public.x VALUES (1);
\! touch pwned', ARRAY['id
nl', 'col"
;--', 'crhere']::pg_catalog.text[]);
\set SHOW_CONTEXT errors
COPY pg_temp."stage 1" ("id
nl", "col""
;--", "crhere") FROM stdin;
1	newline in names	x
2	again	y
\.
\set SHOW_CONTEXT never
<epilogue>
