<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"error","triggers":"off"}');
CALL pg_temp.dumpsert_table('public', 'leaf', ARRAY['id', 'region']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 'leaf', ARRAY['id', 'region']::pg_catalog.text[], ARRAY[]::pg_catalog.text[]);
INSERT INTO "public"."leaf" AS _t ("id", "region") OVERRIDING SYSTEM VALUE VALUES (1, 'eu') ON CONFLICT("id", "region") DO NOTHING;
<epilogue>
