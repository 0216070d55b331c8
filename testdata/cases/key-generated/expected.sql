<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"error","triggers":"off"}');
CALL pg_temp.dumpsert_table('public', 't', ARRAY['a', 'v']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 't', ARRAY['a', 'v']::pg_catalog.text[], ARRAY['a', 'v']::pg_catalog.text[]);
INSERT INTO "public"."t" AS _t ("a", "v") OVERRIDING SYSTEM VALUE VALUES (1, 'x') ON CONFLICT("g") DO UPDATE SET "a" = EXCLUDED."a", "v" = EXCLUDED."v";
<epilogue>
