<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"error","triggers":"off"}');
CALL pg_temp.dumpsert_table('public', 'k\l', ARRAY['id', 'a\b']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 'k\l', ARRAY['id', 'a\b']::pg_catalog.text[], ARRAY['a\b']::pg_catalog.text[]);
INSERT INTO "public"."k\l" AS _t ("id", "a\b") OVERRIDING SYSTEM VALUE VALUES (1, 'c\d') ON CONFLICT("id") DO UPDATE SET "a\b" = EXCLUDED."a\b";
<epilogue>
