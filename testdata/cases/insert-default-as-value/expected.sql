<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"error","triggers":"off"}');
CALL pg_temp.dumpsert_table('public', 'g', ARRAY['id']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 'g', ARRAY['id']::pg_catalog.text[], ARRAY[]::pg_catalog.text[]);
INSERT INTO "public"."g" AS _t ("id") OVERRIDING SYSTEM VALUE VALUES (1) ON CONFLICT("id") DO NOTHING;
INSERT INTO "public"."g" AS _t ("id") OVERRIDING SYSTEM VALUE VALUES (2) ON CONFLICT("id") DO NOTHING;
<epilogue>
