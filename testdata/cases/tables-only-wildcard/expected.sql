<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"error","selected":{"exclude":[],"exclude_patterns":[],"only":[],"schemas":null},"triggers":"off"}');
CALL pg_temp.dumpsert_table('public', 'Sessions', ARRAY['id', 'v']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 'Sessions', ARRAY['id', 'v']::pg_catalog.text[], ARRAY['v']::pg_catalog.text[]);
INSERT INTO "public"."Sessions" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES (1, 'one') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
CALL pg_temp.dumpsert_table('public', 'log_2024', ARRAY['id', 'v']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 'log_2024', ARRAY['id', 'v']::pg_catalog.text[], ARRAY['v']::pg_catalog.text[]);
INSERT INTO "public"."log_2024" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES (1, 'one') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."log_2024" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES (2, 'two') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
CALL pg_temp.dumpsert_table('public', 'kept', ARRAY['id', 'v']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 'kept', ARRAY['id', 'v']::pg_catalog.text[], ARRAY['v']::pg_catalog.text[]);
INSERT INTO "public"."kept" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES ('1', 'one') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
<epilogue>
