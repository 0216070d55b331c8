<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"insert","triggers":"off"}');
CALL pg_temp.dumpsert_table('public', 't', ARRAY['a', 'b', 'v']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 't', ARRAY['a', 'b', 'v']::pg_catalog.text[], ARRAY['v']::pg_catalog.text[]);
INSERT INTO "public"."t" AS _t ("a", "b", "v") OVERRIDING SYSTEM VALUE VALUES
  (1, 'x', 'one'),
  (1, 'y', 'two') ON CONFLICT("a", "b") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."t" AS _t ("a", "b", "v") OVERRIDING SYSTEM VALUE VALUES
  (1, 'x', 'three'),
  (1, 'y', 'four'),
  (2, 'x', 'five') ON CONFLICT("a", "b") DO UPDATE SET "v" = EXCLUDED."v";
CALL pg_temp.dumpsert_table('public', 'u', ARRAY['id', 'v']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 'u', ARRAY['id', 'v']::pg_catalog.text[], ARRAY['v']::pg_catalog.text[]);
INSERT INTO "public"."u" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES
  (1, 'one') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."u" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES
  (1, 'two') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."u" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES
  (1, 'three'),
  (2, 'four') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
CALL pg_temp.dumpsert_table('public', 'without_key', ARRAY['v']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 'without_key', ARRAY['v']::pg_catalog.text[], ARRAY[]::pg_catalog.text[]);
INSERT INTO "public"."without_key" AS _t ("v") OVERRIDING SYSTEM VALUE VALUES
  ('same'),
  ('same');
<epilogue>
