<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"error","selected":{"exclude":[],"exclude_patterns":[],"only":[{"name":"audit","schema":"public"}],"schemas":null},"triggers":"off"}');
CALL pg_temp.dumpsert_table('public', 'audit_1_1', ARRAY['id']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 'audit_1_1', ARRAY['id']::pg_catalog.text[], ARRAY[]::pg_catalog.text[]);
INSERT INTO "public"."audit_1_1" AS _t ("id") OVERRIDING SYSTEM VALUE VALUES (1) ON CONFLICT("id") DO NOTHING;
<epilogue>
