<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"error","on_guard":"error","rules":[{"guard":"v","name":"r","never":["v"],"schema":"public"}],"triggers":"off"}');
CALL pg_temp.dumpsert_table('public', 'r_1', ARRAY['id', 'v']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 'r_1', ARRAY['id', 'v']::pg_catalog.text[], ARRAY[]::pg_catalog.text[]);
CALL pg_temp.dumpsert_check_table('public', 'r_1', ARRAY['public']::pg_catalog.text[], ARRAY['r']::pg_catalog.text[], NULL);
INSERT INTO "public"."r_1" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES (1, 'x') ON CONFLICT("id") DO NOTHING;
<epilogue>
