<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"insert","triggers":"off"}');
CALL pg_temp.dumpsert_table('public', 't', ARRAY['b', 'v', 'a']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 't', ARRAY['b', 'v', 'a']::pg_catalog.text[], ARRAY[]::pg_catalog.text[]);
INSERT INTO "public"."t" AS _t ("b", "v", "a") OVERRIDING SYSTEM VALUE VALUES (2, 'x', 1);
INSERT INTO "public"."t" AS _t ("b", "v", "a") OVERRIDING SYSTEM VALUE VALUES (3, 'y', 1);
<epilogue>
