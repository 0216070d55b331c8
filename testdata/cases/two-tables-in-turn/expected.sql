<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"error","triggers":"off"}');
CALL pg_temp.dumpsert_table('public', 'a', ARRAY['id', 'v']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 'a', ARRAY['id', 'v']::pg_catalog.text[], ARRAY['v']::pg_catalog.text[]);
INSERT INTO "public"."a" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES (1, 'a1') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
CALL pg_temp.dumpsert_table('public', 'b', ARRAY['id', 'v']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 'b', ARRAY['id', 'v']::pg_catalog.text[], ARRAY['v']::pg_catalog.text[]);
INSERT INTO "public"."b" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES (1, 'b1') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."a" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES (2, 'a2') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."b" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES (2, 'b2') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
<epilogue>
