<opening>
SET LOCAL client_encoding = 'LATIN1';
SET LOCAL lock_timeout = 0;
SET LOCAL client_encoding = 'UTF8';
CALL pg_temp.dumpsert_begin('{"no_key":"error","on_guard":"error","rules":[{"guard":"v","name":"cafÃ©","schema":"public"}],"triggers":"off"}');
SET LOCAL client_encoding = 'LATIN1';
CALL pg_temp.dumpsert_table('public', 'café', ARRAY['numéro', 'v']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 'café', ARRAY['numéro', 'v']::pg_catalog.text[], ARRAY['v']::pg_catalog.text[]);
CALL pg_temp.dumpsert_check_table('public', 'café', ARRAY['public']::pg_catalog.text[], ARRAY['café']::pg_catalog.text[], NULL);
INSERT INTO "public"."café" AS _t ("numéro", "v") OVERRIDING SYSTEM VALUE VALUES (1, 'é') ON CONFLICT("numéro") DO UPDATE SET "v" = EXCLUDED."v" WHERE CASE WHEN ROW(_t."v")::pg_catalog.record OPERATOR(pg_catalog.=) ROW(EXCLUDED."v")::pg_catalog.record THEN true ELSE pg_temp.dumpsert_refuse('public."café"', '"numéro"', ROW(_t."numéro")::pg_catalog.record::pg_catalog.text, 'v', ROW(_t."v")::pg_catalog.record::pg_catalog.text, ROW(EXCLUDED."v")::pg_catalog.record::pg_catalog.text) END;
SET LOCAL client_encoding = 'UTF8';
<epilogue>
