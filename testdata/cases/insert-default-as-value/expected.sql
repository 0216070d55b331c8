<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"error","triggers":"off"}');
CALL pg_temp.dumpsert_table('public', 'g', ARRAY['id', 'doubled']::pg_catalog.text[]);
INSERT INTO "public"."g" AS _t ("id", "doubled") VALUES (1, DEFAULT) ON CONFLICT("id") DO NOTHING;
INSERT INTO "public"."g" AS _t ("id", "doubled") VALUES (2, DEFAULT) ON CONFLICT("id") DO NOTHING;
<epilogue>
