<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"error","triggers":"off"}');
CALL pg_temp.dumpsert_table('public', 'texts', ARRAY['id', 't']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('public', 'texts', ARRAY['id', 't']::pg_catalog.text[], ARRAY['t']::pg_catalog.text[]);
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('0', '') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('1', 'NULL') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('2', '\N') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('3', '\.') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('4', 'a
\.
b') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('5', '''') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('6', '''''''') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('7', '\') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('8', '\''') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('9', 'abc\') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('10', 'a;b') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('11', 'x'');
DROP TABLE y;') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('12', '-- not a comment') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('13', 'line
-- not a comment
line') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('14', '/* not a comment') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('15', '*/') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('16', '$$ not $a$ quote $a$ $$') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('17', 'INSERT INTO public.texts VALUES (99, ''x'');') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('18', 'first line
INSERT INTO public.texts (id, t) VALUES (98, ''a'');
last line') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('19', 'first
COPY public.texts (id, t) FROM stdin;
97	a
\.
last') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('20', '\! echo pwned
\connect postgres
\unrestrict x
\q
') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('21', '--
-- Name: texts; Type: TABLE DATA; Schema: public; Owner: x
--
') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('22', '--
-- PostgreSQL database dump complete
--
') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('23', 'a	b') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('24', 'ab') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('25', 'a
b
') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('26', '


') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('27', '
abc') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('28', 'abc
') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('29', '),
	(32, ') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('30', ''') ON CONFLICT DO NOTHING;
') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('31', '	
') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('32', 'žluťoučký Ω 漢字 العربية עברית 👩‍👩‍👧‍👦     ﻿ ​ ‮') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('33', 'E''x\n''') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('34', ':var :''var'' :"var" ::text') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('35', '1e5') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('36', 'true') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('37', '\n\t\r\b\f\v\x41\101\u0041') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('38', '%s %d %%') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('39', '{"a": "b\"c", "d": [1, null, {"e": "''"}]}') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('40', 'U&''\0441'' UESCAPE ''!''') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('41', '   ') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('42', '''
''') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('43', 'a|b,c	d') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('44', 'abc') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('45', 'abc') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('46', 'a\
b') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('47', '
.
\
.
') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('48', 'COMMIT;
BEGIN;') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('49', '\if false
\endif') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('50', '`id`') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('51', '''''''''') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('52', 'ab') ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
INSERT INTO "public"."texts" AS _t ("id", "t") OVERRIDING SYSTEM VALUE VALUES ('53', NULL) ON CONFLICT("id") DO UPDATE SET "t" = EXCLUDED."t";
<epilogue>
