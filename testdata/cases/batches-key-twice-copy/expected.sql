<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"insert","triggers":"off"}');
CALL pg_temp.dumpsert_table('public', 't', ARRAY['v', 'b', 'a']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 't', ARRAY['v', 'b', 'a']::pg_catalog.text[], ARRAY['v']::pg_catalog.text[]);
INSERT INTO "public"."t" AS _t ("v", "b", "a") OVERRIDING SYSTEM VALUE VALUES
  ('one', 'x', '1'),
  ('two', 'y', '1') ON CONFLICT("a", "b") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."t" AS _t ("v", "b", "a") OVERRIDING SYSTEM VALUE VALUES
  ('three', 'x', '1'),
  ('four', 'y', '1'),
  ('five', 'x', '2') ON CONFLICT("a", "b") DO UPDATE SET "v" = EXCLUDED."v";
CALL pg_temp.dumpsert_table('public', 'without_key', ARRAY['v']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 'without_key', ARRAY['v']::pg_catalog.text[], ARRAY[]::pg_catalog.text[]);
INSERT INTO "public"."without_key" AS _t ("v") OVERRIDING SYSTEM VALUE VALUES
  ('same'),
  ('same');
<epilogue>
