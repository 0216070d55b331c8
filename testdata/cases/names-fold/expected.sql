<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"error","triggers":"off"}');
CALL pg_temp.dumpsert_table('public', 'order_items', ARRAY['id', 'Id']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 'order_items', ARRAY['id', 'Id']::pg_catalog.text[], ARRAY['Id']::pg_catalog.text[]);
INSERT INTO "public"."order_items" AS _t ("id", "Id") OVERRIDING SYSTEM VALUE VALUES (1, 2) ON CONFLICT("id") DO UPDATE SET "Id" = EXCLUDED."Id";
INSERT INTO "public"."order_items" AS _t ("id", "Id") OVERRIDING SYSTEM VALUE VALUES (3, 4) ON CONFLICT("id") DO UPDATE SET "Id" = EXCLUDED."Id";
<epilogue>
