<opening>
SET LOCAL client_encoding = 'LATIN1';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"error","triggers":"off"}');
CALL pg_temp.dumpsert_table('public', 'Straße', ARRAY['id', 'größe', 'café']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 'Straße', ARRAY['id', 'größe', 'café']::pg_catalog.text[], ARRAY['größe', 'café']::pg_catalog.text[]);
INSERT INTO "public"."Straße" AS _t ("id", "größe", "café") OVERRIDING SYSTEM VALUE VALUES (1, 'ü', 'ä') ON CONFLICT("id") DO UPDATE SET "größe" = EXCLUDED."größe", "café" = EXCLUDED."café";
INSERT INTO "public"."Straße" AS _t ("id", "größe", "café") OVERRIDING SYSTEM VALUE VALUES (2, 'ü', 'ä') ON CONFLICT("id") DO UPDATE SET "größe" = EXCLUDED."größe", "café" = EXCLUDED."café";
SET LOCAL client_encoding = 'UTF8';
<epilogue>
