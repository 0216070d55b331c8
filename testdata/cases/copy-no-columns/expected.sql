<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"insert","triggers":"off"}');
CALL pg_temp.dumpsert_table('public', 'z', ARRAY[]::pg_catalog.text[]);
INSERT INTO "public"."z" AS _t DEFAULT VALUES;
INSERT INTO "public"."z" AS _t DEFAULT VALUES;
<epilogue>
