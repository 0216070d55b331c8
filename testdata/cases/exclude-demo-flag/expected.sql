<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"error","triggers":"off"}');
CALL pg_temp.dumpsert_table('public', 'businesses', ARRAY['id', 'name', 'isDemo']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 'businesses', ARRAY['id', 'name', 'isDemo']::pg_catalog.text[], ARRAY['name', 'isDemo']::pg_catalog.text[]);
INSERT INTO "public"."businesses" AS _t ("id", "name", "isDemo") OVERRIDING SYSTEM VALUE VALUES ('acme', 'It''s ours', false) ON CONFLICT("id") DO UPDATE SET "name" = EXCLUDED."name", "isDemo" = EXCLUDED."isDemo";
INSERT INTO "public"."businesses" AS _t ("id", "name", "isDemo") OVERRIDING SYSTEM VALUE VALUES ('demolition-co', NULL, false) ON CONFLICT("id") DO UPDATE SET "name" = EXCLUDED."name", "isDemo" = EXCLUDED."isDemo";
INSERT INTO "public"."businesses" AS _t ("id", "name", "isDemo") OVERRIDING SYSTEM VALUE VALUES ('my-demos-shop', 'π; --', false) ON CONFLICT("id") DO UPDATE SET "name" = EXCLUDED."name", "isDemo" = EXCLUDED."isDemo";
CALL pg_temp.dumpsert_table('public', 'people', ARRAY['id', 'boss', 'businessId']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 'people', ARRAY['id', 'boss', 'businessId']::pg_catalog.text[], ARRAY['boss', 'businessId']::pg_catalog.text[]);
INSERT INTO "public"."people" AS _t ("id", "boss", "businessId") OVERRIDING SYSTEM VALUE VALUES (1, NULL, 'acme') ON CONFLICT("id") DO UPDATE SET "boss" = EXCLUDED."boss", "businessId" = EXCLUDED."businessId";
INSERT INTO "public"."people" AS _t ("id", "boss", "businessId") OVERRIDING SYSTEM VALUE VALUES (3, NULL, 'acme') ON CONFLICT("id") DO UPDATE SET "boss" = EXCLUDED."boss", "businessId" = EXCLUDED."businessId";
INSERT INTO "public"."people" AS _t ("id", "boss", "businessId") OVERRIDING SYSTEM VALUE VALUES (4, 3, 'acme') ON CONFLICT("id") DO UPDATE SET "boss" = EXCLUDED."boss", "businessId" = EXCLUDED."businessId";
CALL pg_temp.dumpsert_table('public', 'orders', ARRAY['id', 'businessId', 'managerId', 'total']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 'orders', ARRAY['id', 'businessId', 'managerId', 'total']::pg_catalog.text[], ARRAY['businessId', 'managerId', 'total']::pg_catalog.text[]);
INSERT INTO "public"."orders" AS _t ("id", "businessId", "managerId", "total") OVERRIDING SYSTEM VALUE VALUES (10, 'acme', '1', 1.50) ON CONFLICT("id") DO UPDATE SET "businessId" = EXCLUDED."businessId", "managerId" = EXCLUDED."managerId", "total" = EXCLUDED."total";
INSERT INTO "public"."orders" AS _t ("id", "businessId", "managerId", "total") OVERRIDING SYSTEM VALUE VALUES (13, NULL, NULL, NULL) ON CONFLICT("id") DO UPDATE SET "businessId" = EXCLUDED."businessId", "managerId" = EXCLUDED."managerId", "total" = EXCLUDED."total";
CALL pg_temp.dumpsert_table('public', 'items', ARRAY['id', 'orderId', 'note']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 'items', ARRAY['id', 'orderId', 'note']::pg_catalog.text[], ARRAY['orderId', 'note']::pg_catalog.text[]);
INSERT INTO "public"."items" AS _t ("id", "orderId", "note") OVERRIDING SYSTEM VALUE VALUES (100, 10, 'kept') ON CONFLICT("id") DO UPDATE SET "orderId" = EXCLUDED."orderId", "note" = EXCLUDED."note";
CALL pg_temp.dumpsert_table('public', 'notes', ARRAY['id', 'subject']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 'notes', ARRAY['id', 'subject']::pg_catalog.text[], ARRAY['subject']::pg_catalog.text[]);
INSERT INTO "public"."notes" AS _t ("id", "subject") OVERRIDING SYSTEM VALUE VALUES (1, 'demo-1') ON CONFLICT("id") DO UPDATE SET "subject" = EXCLUDED."subject";
INSERT INTO "public"."notes" AS _t ("id", "subject") OVERRIDING SYSTEM VALUE VALUES (2, 'acme') ON CONFLICT("id") DO UPDATE SET "subject" = EXCLUDED."subject";
INSERT INTO "public"."notes" AS _t ("id", "subject") OVERRIDING SYSTEM VALUE VALUES (3, '11') ON CONFLICT("id") DO UPDATE SET "subject" = EXCLUDED."subject";
<epilogue>
