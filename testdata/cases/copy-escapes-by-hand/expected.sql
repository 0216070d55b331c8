<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"error","triggers":"off"}');
CALL pg_temp.dumpsert_table('public', 't', ARRAY['id', 'v']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 't', ARRAY['id', 'v']::pg_catalog.text[], ARRAY['v']::pg_catalog.text[]);
INSERT INTO "public"."t" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES ('1', 'AAq') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."t" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES ('2', 'xN') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."t" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES ('3', 'a
b') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."t" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES ('4', 'a	b') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."t" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES ('5', '\N') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."t" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES ('6', '\.') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."t" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES ('7', 'x') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."t" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES ('8', '8g') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."t" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES ('9', 'plain') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."t" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES ('10', NULL) ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
<epilogue>
