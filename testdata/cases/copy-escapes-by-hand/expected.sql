<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"error","triggers":"off"}');
CALL pg_temp.dumpsert_table('public', 't', ARRAY['id', 'v']::pg_catalog.text[]);
INSERT INTO "public"."t" AS _t ("id", "v") VALUES ('1', 'AAq') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."t" AS _t ("id", "v") VALUES ('2', 'xN') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."t" AS _t ("id", "v") VALUES ('3', 'a
b') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."t" AS _t ("id", "v") VALUES ('4', 'a	b') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."t" AS _t ("id", "v") VALUES ('5', '\N') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."t" AS _t ("id", "v") VALUES ('6', '\.') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."t" AS _t ("id", "v") VALUES ('7', 'x') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."t" AS _t ("id", "v") VALUES ('8', '8g') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."t" AS _t ("id", "v") VALUES ('9', 'plain') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."t" AS _t ("id", "v") VALUES ('10', NULL) ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
<epilogue>
