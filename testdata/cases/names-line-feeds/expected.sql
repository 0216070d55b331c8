<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"error","triggers":"off"}');
CALL pg_temp.dumpsert_table('new
line', '-- comment
INSERT INTO public.x VALUES (1);
\! touch pwned', ARRAY['id
nl', 'col"
;--', 'crhere']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('new
line', '-- comment
INSERT INTO public.x VALUES (1);
\! touch pwned', ARRAY['id
nl', 'col"
;--', 'crhere']::pg_catalog.text[], ARRAY['col"
;--', 'crhere']::pg_catalog.text[]);
INSERT INTO "new
line"."-- comment
INSERT INTO public.x VALUES (1);
\! touch pwned" AS _t ("id
nl", "col""
;--", "crhere") OVERRIDING SYSTEM VALUE VALUES (1, 'newline in names', 'x') ON CONFLICT("id
nl") DO UPDATE SET "col""
;--" = EXCLUDED."col""
;--", "crhere" = EXCLUDED."crhere";
INSERT INTO "new
line"."-- comment
INSERT INTO public.x VALUES (1);
\! touch pwned" AS _t ("id
nl", "col""
;--", "crhere") OVERRIDING SYSTEM VALUE VALUES (2, 'again', 'y') ON CONFLICT("id
nl") DO UPDATE SET "col""
;--" = EXCLUDED."col""
;--", "crhere" = EXCLUDED."crhere";
<epilogue>
