<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"error","selected":{"exclude":[],"exclude_patterns":[],"only":[{"name":"_prisma_migrations","schema":"public"}],"schemas":null},"triggers":"off"}');
CALL pg_temp.dumpsert_table('public', '_prisma_migrations', ARRAY['id', 'v']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', '_prisma_migrations', ARRAY['id', 'v']::pg_catalog.text[], ARRAY['v']::pg_catalog.text[]);
INSERT INTO "public"."_prisma_migrations" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES ('x', 'y') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
<epilogue>
