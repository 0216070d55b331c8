<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"error","triggers":"off"}');
CALL pg_temp.dumpsert_table('public', 't', ARRAY['id', 'v']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 't', ARRAY['id', 'v']::pg_catalog.text[], ARRAY['v']::pg_catalog.text[]);
INSERT INTO "public"."t" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES
  (1, 'one'),
  (2, 'two'),
  (3, 'three') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."t" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES
  (4, 'four') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."t" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES
  (5, 'five'),
  (6, 'six'),
  (7, 'seven') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
CALL pg_temp.dumpsert_table('public', 'u', ARRAY['id']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 'u', ARRAY['id']::pg_catalog.text[], ARRAY[]::pg_catalog.text[]);
INSERT INTO "public"."u" AS _t ("id") OVERRIDING SYSTEM VALUE VALUES
  (1),
  (2),
  (3) ON CONFLICT("id") DO NOTHING;
INSERT INTO "public"."t" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES
  (8, 'eight'),
  (9, 'nine') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
<epilogue>
