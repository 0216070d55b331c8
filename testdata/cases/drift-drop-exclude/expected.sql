<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"error","triggers":"off","unknown_columns":"drop","unknown_tables":"drop"}');
CALL pg_temp.dumpsert_table('public', 'p', ARRAY['id', 'v']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 'p', ARRAY['id', 'v']::pg_catalog.text[], ARRAY['v']::pg_catalog.text[]);
INSERT INTO "public"."p" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES (2, 'in') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
CALL pg_temp.dumpsert_table('public', 'c', ARRAY['id', 'p', 'v']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 'c', ARRAY['id', 'p', 'v']::pg_catalog.text[], ARRAY['p', 'v']::pg_catalog.text[]);
INSERT INTO "public"."c" AS _t ("id", "p", "v") OVERRIDING SYSTEM VALUE VALUES ('1', NULL, 'one') ON CONFLICT("id") DO UPDATE SET "p" = EXCLUDED."p", "v" = EXCLUDED."v";
INSERT INTO "public"."c" AS _t ("id", "p", "v") OVERRIDING SYSTEM VALUE VALUES ('2', '2', 'two') ON CONFLICT("id") DO UPDATE SET "p" = EXCLUDED."p", "v" = EXCLUDED."v";
INSERT INTO "public"."c" AS _t ("id", "p", "v") OVERRIDING SYSTEM VALUE VALUES (3, NULL, 'three') ON CONFLICT("id") DO UPDATE SET "p" = EXCLUDED."p", "v" = EXCLUDED."v";
<epilogue>
