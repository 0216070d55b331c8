<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"error","triggers":"off"}');
CALL pg_temp.dumpsert_table('public', 'User', ARRAY['Id', 'name']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 'User', ARRAY['Id', 'name']::pg_catalog.text[], ARRAY['name']::pg_catalog.text[]);
INSERT INTO "public"."User" AS _t ("Id", "name") OVERRIDING SYSTEM VALUE VALUES (1, 'x') ON CONFLICT("Id") DO UPDATE SET "name" = EXCLUDED."name";
<epilogue>
