<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"error","triggers":"off"}');
CALL pg_temp.dumpsert_table('public', 'overriding', ARRAY['overriding', 'system', 'value', 'conflict', 'nothing', 'copy', 'insert', 'set', 'data', 'key', 'type', 'name', 'stdin', 'update', 'restart', 'generated']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 'overriding', ARRAY['overriding', 'system', 'value', 'conflict', 'nothing', 'copy', 'insert', 'set', 'data', 'key', 'type', 'name', 'stdin', 'update', 'restart', 'generated']::pg_catalog.text[], ARRAY['system', 'value', 'conflict', 'nothing', 'copy', 'insert', 'set', 'data', 'key', 'type', 'name', 'stdin', 'update', 'restart', 'generated']::pg_catalog.text[]);
INSERT INTO "public"."overriding" AS _t ("overriding", "system", "value", "conflict", "nothing", "copy", "insert", "set", "data", "key", "type", "name", "stdin", "update", "restart", "generated") OVERRIDING SYSTEM VALUE VALUES (1, 'system', 'value', 'conflict', 'nothing', 'copy', 'insert', 'set', 'data', 'key', 'type', 'name', 'stdin', 'update', 'restart', 'generated') ON CONFLICT("overriding") DO UPDATE SET "system" = EXCLUDED."system", "value" = EXCLUDED."value", "conflict" = EXCLUDED."conflict", "nothing" = EXCLUDED."nothing", "copy" = EXCLUDED."copy", "insert" = EXCLUDED."insert", "set" = EXCLUDED."set", "data" = EXCLUDED."data", "key" = EXCLUDED."key", "type" = EXCLUDED."type", "name" = EXCLUDED."name", "stdin" = EXCLUDED."stdin", "update" = EXCLUDED."update", "restart" = EXCLUDED."restart", "generated" = EXCLUDED."generated";
CALL pg_temp.dumpsert_table('public', 'copy', ARRAY['stdin', 'from']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 'copy', ARRAY['stdin', 'from']::pg_catalog.text[], ARRAY['from']::pg_catalog.text[]);
INSERT INTO "public"."copy" AS _t ("stdin", "from") OVERRIDING SYSTEM VALUE VALUES (1, 'stdin') ON CONFLICT("stdin") DO UPDATE SET "from" = EXCLUDED."from";
INSERT INTO "public"."copy" AS _t ("stdin", "from") OVERRIDING SYSTEM VALUE VALUES ('2', 'COPY public.copy FROM stdin;') ON CONFLICT("stdin") DO UPDATE SET "from" = EXCLUDED."from";
CALL pg_temp.dumpsert_table('public', 'insert', ARRAY['values', 'default']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 'insert', ARRAY['values', 'default']::pg_catalog.text[], ARRAY['default']::pg_catalog.text[]);
INSERT INTO "public"."insert" AS _t ("values", "default") OVERRIDING SYSTEM VALUE VALUES (1, 2) ON CONFLICT("values") DO UPDATE SET "default" = EXCLUDED."default";
CALL pg_temp.dumpsert_table('public', 'default', ARRAY['id']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 'default', ARRAY['id']::pg_catalog.text[], ARRAY[]::pg_catalog.text[]);
INSERT INTO "public"."default" AS _t ("id") OVERRIDING SYSTEM VALUE VALUES (1) ON CONFLICT("id") DO NOTHING;
CALL pg_temp.dumpsert_table('default', 'values', ARRAY['id']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('default', 'values', ARRAY['id']::pg_catalog.text[], ARRAY[]::pg_catalog.text[]);
INSERT INTO "default"."values" AS _t ("id") OVERRIDING SYSTEM VALUE VALUES (1) ON CONFLICT("id") DO NOTHING;
<epilogue>
