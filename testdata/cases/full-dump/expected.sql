<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"error","triggers":"off"}');
CALL pg_temp.dumpsert_table('app', 'Order', ARRAY['id', 'note']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('app', 'Order', ARRAY['id', 'note']::pg_catalog.text[], ARRAY['note']::pg_catalog.text[]);
INSERT INTO "app"."Order" AS _t ("id", "note") OVERRIDING SYSTEM VALUE VALUES (1, 'a;b') ON CONFLICT("id") DO UPDATE SET "note" = EXCLUDED."note";
<epilogue>
