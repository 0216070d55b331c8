<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"error","triggers":"off"}');
CALL pg_temp.dumpsert_table('select', 'table', ARRAY['from', 'where', 'values', 'default', 'user', 'order', 'group']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('select', 'table', ARRAY['from', 'where', 'values', 'default', 'user', 'order', 'group']::pg_catalog.text[], ARRAY['where', 'values', 'default', 'user', 'order', 'group']::pg_catalog.text[]);
INSERT INTO "select"."table" AS _t ("from", "where", "values", "default", "user", "order", "group") OVERRIDING SYSTEM VALUE VALUES (1, 'where', 'values', 'default', 'user', 10, 'group') ON CONFLICT("from") DO UPDATE SET "where" = EXCLUDED."where", "values" = EXCLUDED."values", "default" = EXCLUDED."default", "user" = EXCLUDED."user", "order" = EXCLUDED."order", "group" = EXCLUDED."group";
<epilogue>
