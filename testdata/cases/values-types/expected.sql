<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"error","triggers":"off"}');
CALL pg_temp.dumpsert_table('public', 'ty', ARRAY['id', 'v']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 'ty', ARRAY['id', 'v']::pg_catalog.text[], ARRAY['v']::pg_catalog.text[]);
INSERT INTO "public"."ty" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES (0, 'NaN') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."ty" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES (1, 'Infinity') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."ty" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES (2, '-Infinity') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."ty" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES (3, '\x00ff27') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."ty" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES (4, '\000\377''\\\012') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."ty" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES (5, '{a,NULL,"NULL","b\"c","d\\e"}') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."ty" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES (6, '[0:1]={1,2}') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."ty" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES (7, '{"a": "b\"c", "d": [1, null, {"e": "''"}]}') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."ty" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES (8, '<a b="c">''</a>') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."ty" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES (9, '2026-11-23 05:05:35.123456+05:30') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."ty" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES (10, '1 year 2 mons -3 days +04:05:06') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."ty" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES (11, '(1,2),(3,4)') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."ty" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES (12, '[1,5)') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."ty" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES (13, '''a'':1A ''b''') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."ty" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES (14, '$1,234.50') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."ty" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES (15, 'public."MixedCase"') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."ty" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES (16, '(1,"a,b",)') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."ty" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES (17, '"a"=>"b", "c"=>NULL') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."ty" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES (18, '16/B374D848') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
INSERT INTO "public"."ty" AS _t ("id", "v") OVERRIDING SYSTEM VALUE VALUES (19, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11') ON CONFLICT("id") DO UPDATE SET "v" = EXCLUDED."v";
<epilogue>
