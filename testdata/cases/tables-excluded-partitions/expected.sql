<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"error","selected":{"exclude":[{"name":"audit","schema":"public"}],"exclude_patterns":[],"only":null,"schemas":null},"triggers":"off"}');
CALL pg_temp.dumpsert_table('public', 't', ARRAY['id']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 't', ARRAY['id']::pg_catalog.text[], ARRAY[]::pg_catalog.text[]);
CALL pg_temp.dumpsert_check_table('public', 't', ARRAY[]::pg_catalog.text[], ARRAY[]::pg_catalog.text[], NULL);
INSERT INTO "public"."t" AS _t ("id") OVERRIDING SYSTEM VALUE VALUES (1) ON CONFLICT("id") DO NOTHING;
<epilogue>
