<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"error","selected":{"exclude":[],"exclude_patterns":[],"only":[{"name":"__drizzle_migrations","schema":"drizzle"},{"name":"SequelizeMeta","schema":"public"},{"name":"schema_migrations","schema":"public"}],"schemas":null},"triggers":"off"}');
CALL pg_temp.dumpsert_table('public', 'schema_migrations', ARRAY['id']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 'schema_migrations', ARRAY['id']::pg_catalog.text[], ARRAY[]::pg_catalog.text[]);
INSERT INTO "public"."schema_migrations" AS _t ("id") OVERRIDING SYSTEM VALUE VALUES (1) ON CONFLICT("id") DO NOTHING;
CALL pg_temp.dumpsert_table('public', 'SequelizeMeta', ARRAY['id']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 'SequelizeMeta', ARRAY['id']::pg_catalog.text[], ARRAY[]::pg_catalog.text[]);
INSERT INTO "public"."SequelizeMeta" AS _t ("id") OVERRIDING SYSTEM VALUE VALUES (1) ON CONFLICT("id") DO NOTHING;
CALL pg_temp.dumpsert_table('drizzle', '__drizzle_migrations', ARRAY['id']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('drizzle', '__drizzle_migrations', ARRAY['id']::pg_catalog.text[], ARRAY[]::pg_catalog.text[]);
INSERT INTO "drizzle"."__drizzle_migrations" AS _t ("id") OVERRIDING SYSTEM VALUE VALUES (1) ON CONFLICT("id") DO NOTHING;
<epilogue>
