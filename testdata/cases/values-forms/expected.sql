<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"error","triggers":"off"}');
CALL pg_temp.dumpsert_table('public', 'f', ARRAY['id', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 'f', ARRAY['id', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']::pg_catalog.text[], ARRAY['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']::pg_catalog.text[]);
INSERT INTO "public"."f" AS _t ("id", "a", "b", "c", "d", "e", "f", "g", "h") OVERRIDING SYSTEM VALUE VALUES (1, NULL, true, false, -1.5e+15, B'0101', B'', 'text', '') ON CONFLICT("id") DO UPDATE SET "a" = EXCLUDED."a", "b" = EXCLUDED."b", "c" = EXCLUDED."c", "d" = EXCLUDED."d", "e" = EXCLUDED."e", "f" = EXCLUDED."f", "g" = EXCLUDED."g", "h" = EXCLUDED."h";
<epilogue>
