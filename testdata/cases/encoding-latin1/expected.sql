<opening>
SET LOCAL client_encoding = 'LATIN1';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"error","triggers":"off"}');
CALL pg_temp.dumpsert_table('public', 't', ARRAY['id', 'v']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 't', ARRAY['id', 'v']::pg_catalog.text[], ARRAY['v']::pg_catalog.text[]);
INSERT INTO "public"."t" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES (1, 'café ; ÿ') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
SET LOCAL client_encoding = 'UTF8';
<epilogue>
