<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"error","selected":{"exclude":[{"name":"Sessions","schema":"public"}],"exclude_patterns":[],"only":[{"name":"Sessions","schema":"public"},{"name":"kept","schema":"public"}],"schemas":null},"triggers":"off"}');
CALL pg_temp.dumpsert_table('public', 'kept', ARRAY['id', 'v']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 'kept', ARRAY['id', 'v']::pg_catalog.text[], ARRAY['v']::pg_catalog.text[]);
CALL pg_temp.dumpsert_check_table('public', 'kept', ARRAY[]::pg_catalog.text[], ARRAY[]::pg_catalog.text[], NULL);
INSERT INTO "public"."kept" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES ('1', 'one') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
<epilogue>
