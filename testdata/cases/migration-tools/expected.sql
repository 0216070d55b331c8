<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"error","triggers":"off"}');
CALL pg_temp.dumpsert_table('public', 'sequelizemeta', ARRAY['id']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 'sequelizemeta', ARRAY['id']::pg_catalog.text[], ARRAY[]::pg_catalog.text[]);
INSERT INTO "public"."sequelizemeta" AS _t ("id") OVERRIDING SYSTEM VALUE VALUES (1) ON CONFLICT("id") DO NOTHING;
CALL pg_temp.dumpsert_table('public', 'migrations', ARRAY['id']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 'migrations', ARRAY['id']::pg_catalog.text[], ARRAY[]::pg_catalog.text[]);
INSERT INTO "public"."migrations" AS _t ("id") OVERRIDING SYSTEM VALUE VALUES (1) ON CONFLICT("id") DO NOTHING;
CALL pg_temp.dumpsert_table('drizzle', 't', ARRAY['id']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('drizzle', 't', ARRAY['id']::pg_catalog.text[], ARRAY[]::pg_catalog.text[]);
INSERT INTO "drizzle"."t" AS _t ("id") OVERRIDING SYSTEM VALUE VALUES (1) ON CONFLICT("id") DO NOTHING;
CALL pg_temp.dumpsert_table('public', 'my_schema_migrations', ARRAY['id']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 'my_schema_migrations', ARRAY['id']::pg_catalog.text[], ARRAY[]::pg_catalog.text[]);
INSERT INTO "public"."my_schema_migrations" AS _t ("id") OVERRIDING SYSTEM VALUE VALUES (1) ON CONFLICT("id") DO NOTHING;
<epilogue>
