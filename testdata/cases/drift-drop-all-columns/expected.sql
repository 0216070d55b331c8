<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"insert","triggers":"off","unknown_columns":"drop"}');
CALL pg_temp.dumpsert_table('public', 't', ARRAY[]::pg_catalog.text[]);
INSERT INTO "public"."t" AS _t DEFAULT VALUES;
INSERT INTO "public"."t" AS _t DEFAULT VALUES;
INSERT INTO "public"."t" AS _t DEFAULT VALUES;
INSERT INTO "public"."t" AS _t DEFAULT VALUES;
<epilogue>
