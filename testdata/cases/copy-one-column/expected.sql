<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"error","triggers":"off"}');
CALL pg_temp.dumpsert_table('public', 'o', ARRAY['id']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 'o', ARRAY['id']::pg_catalog.text[], ARRAY[]::pg_catalog.text[]);
INSERT INTO "public"."o" AS _t ("id") OVERRIDING SYSTEM VALUE VALUES ('') ON CONFLICT("id") DO NOTHING;
INSERT INTO "public"."o" AS _t ("id") OVERRIDING SYSTEM VALUE VALUES (NULL) ON CONFLICT("id") DO NOTHING;
INSERT INTO "public"."o" AS _t ("id") OVERRIDING SYSTEM VALUE VALUES ('a') ON CONFLICT("id") DO NOTHING;
<epilogue>
