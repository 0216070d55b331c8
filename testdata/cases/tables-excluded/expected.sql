<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"error","selected":{"exclude":[{"name":"Sessions","schema":"public"},{"name":"LOG","schema":"public"}],"exclude_patterns":[{"name":"^(?:log.*)$","schema":"^(?:public)$"}],"only":null,"schemas":null},"triggers":"off"}');
CALL pg_temp.dumpsert_table('app', 'log_2024', ARRAY['id', 'v']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('app', 'log_2024', ARRAY['id', 'v']::pg_catalog.text[], ARRAY['v']::pg_catalog.text[]);
CALL pg_temp.dumpsert_check_table('app', 'log_2024', ARRAY[]::pg_catalog.text[], ARRAY[]::pg_catalog.text[], NULL);
INSERT INTO "app"."log_2024" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES (3, 'three') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
CALL pg_temp.dumpsert_table('public', 'kept', ARRAY['id', 'v']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 'kept', ARRAY['id', 'v']::pg_catalog.text[], ARRAY['v']::pg_catalog.text[]);
CALL pg_temp.dumpsert_check_table('public', 'kept', ARRAY[]::pg_catalog.text[], ARRAY[]::pg_catalog.text[], NULL);
INSERT INTO "public"."kept" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES ('1', 'one') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
<epilogue>
