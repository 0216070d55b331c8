<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"error","triggers":"off"}');
CALL pg_temp.dumpsert_table('public', 'same', ARRAY['id', 'v']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 'same', ARRAY['id', 'v']::pg_catalog.text[], ARRAY['v']::pg_catalog.text[]);
INSERT INTO "public"."same" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES (1, 'public') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
CALL pg_temp.dumpsert_table('app', 'same', ARRAY['id', 'v']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('app', 'same', ARRAY['id', 'v']::pg_catalog.text[], ARRAY['v']::pg_catalog.text[]);
INSERT INTO "app"."same" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES (1, 'app') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
CALL pg_temp.dumpsert_table('Mixed Case', 'same', ARRAY['id', 'v']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('Mixed Case', 'same', ARRAY['id', 'v']::pg_catalog.text[], ARRAY['v']::pg_catalog.text[]);
INSERT INTO "Mixed Case"."same" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES (1, 'mixed') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
<epilogue>
