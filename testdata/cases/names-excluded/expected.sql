<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"error","triggers":"off"}');
CALL pg_temp.dumpsert_table('public', 'excluded', ARRAY['id', 'excluded', '_t', 'target']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 'excluded', ARRAY['id', 'excluded', '_t', 'target']::pg_catalog.text[], ARRAY['excluded', '_t', 'target']::pg_catalog.text[]);
INSERT INTO "public"."excluded" AS _t ("id", "excluded", "_t", "target") OVERRIDING SYSTEM VALUE VALUES (1, 'excluded', 't', 'target') ON CONFLICT("id") DO UPDATE SET "excluded" = EXCLUDED."excluded", "_t" = EXCLUDED."_t", "target" = EXCLUDED."target";
<epilogue>
