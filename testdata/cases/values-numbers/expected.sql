<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"error","triggers":"off"}');
CALL pg_temp.dumpsert_table('public', 'n', ARRAY['id', 'n']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 'n', ARRAY['id', 'n']::pg_catalog.text[], ARRAY['n']::pg_catalog.text[]);
INSERT INTO "public"."n" AS _t ("id", "n") OVERRIDING SYSTEM VALUE VALUES (0, 0) ON CONFLICT("id") DO UPDATE SET "n" = EXCLUDED."n";
INSERT INTO "public"."n" AS _t ("id", "n") OVERRIDING SYSTEM VALUE VALUES (1, '-0') ON CONFLICT("id") DO UPDATE SET "n" = EXCLUDED."n";
INSERT INTO "public"."n" AS _t ("id", "n") OVERRIDING SYSTEM VALUE VALUES (2, 1) ON CONFLICT("id") DO UPDATE SET "n" = EXCLUDED."n";
INSERT INTO "public"."n" AS _t ("id", "n") OVERRIDING SYSTEM VALUE VALUES (3, -5) ON CONFLICT("id") DO UPDATE SET "n" = EXCLUDED."n";
INSERT INTO "public"."n" AS _t ("id", "n") OVERRIDING SYSTEM VALUE VALUES (4, 1.5000) ON CONFLICT("id") DO UPDATE SET "n" = EXCLUDED."n";
INSERT INTO "public"."n" AS _t ("id", "n") OVERRIDING SYSTEM VALUE VALUES (5, 0.000000) ON CONFLICT("id") DO UPDATE SET "n" = EXCLUDED."n";
INSERT INTO "public"."n" AS _t ("id", "n") OVERRIDING SYSTEM VALUE VALUES (6, 1e+15) ON CONFLICT("id") DO UPDATE SET "n" = EXCLUDED."n";
INSERT INTO "public"."n" AS _t ("id", "n") OVERRIDING SYSTEM VALUE VALUES (7, 1e-05) ON CONFLICT("id") DO UPDATE SET "n" = EXCLUDED."n";
INSERT INTO "public"."n" AS _t ("id", "n") OVERRIDING SYSTEM VALUE VALUES (8, 5e-324) ON CONFLICT("id") DO UPDATE SET "n" = EXCLUDED."n";
INSERT INTO "public"."n" AS _t ("id", "n") OVERRIDING SYSTEM VALUE VALUES (9, 1E10) ON CONFLICT("id") DO UPDATE SET "n" = EXCLUDED."n";
INSERT INTO "public"."n" AS _t ("id", "n") OVERRIDING SYSTEM VALUE VALUES (10, .5) ON CONFLICT("id") DO UPDATE SET "n" = EXCLUDED."n";
INSERT INTO "public"."n" AS _t ("id", "n") OVERRIDING SYSTEM VALUE VALUES (11, 1.) ON CONFLICT("id") DO UPDATE SET "n" = EXCLUDED."n";
INSERT INTO "public"."n" AS _t ("id", "n") OVERRIDING SYSTEM VALUE VALUES (12, 123456789012345678901234567890.5) ON CONFLICT("id") DO UPDATE SET "n" = EXCLUDED."n";
INSERT INTO "public"."n" AS _t ("id", "n") OVERRIDING SYSTEM VALUE VALUES (13, -9223372036854775808) ON CONFLICT("id") DO UPDATE SET "n" = EXCLUDED."n";
<epilogue>
