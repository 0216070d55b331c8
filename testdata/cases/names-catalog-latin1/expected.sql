<opening>
SET LOCAL client_encoding = 'LATIN1';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"error","triggers":"off"}');
CALL pg_temp.dumpsert_table('public', 'café', ARRAY['numéro', 'été']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 'café', ARRAY['numéro', 'été']::pg_catalog.text[], ARRAY['été']::pg_catalog.text[]);
INSERT INTO "public"."café" AS _t ("numéro", "été") OVERRIDING SYSTEM VALUE VALUES (1, 'é') ON CONFLICT("numéro") DO UPDATE SET "été" = EXCLUDED."été";
SET LOCAL client_encoding = 'UTF8';
<epilogue>
