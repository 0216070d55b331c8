<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"error","triggers":"off"}');
CALL pg_temp.dumpsert_table('схема', '日本語 テーブル', ARRAY['id', 'emoji😀', 'é', 'значение']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('схема', '日本語 テーブル', ARRAY['id', 'emoji😀', 'é', 'значение']::pg_catalog.text[], ARRAY['emoji😀', 'é', 'значение']::pg_catalog.text[]);
INSERT INTO "схема"."日本語 テーブル" AS _t ("id", "emoji😀", "é", "значение") OVERRIDING SYSTEM VALUE VALUES (1, '値', 'é', 'да') ON CONFLICT("id") DO UPDATE SET "emoji😀" = EXCLUDED."emoji😀", "é" = EXCLUDED."é", "значение" = EXCLUDED."значение";
CALL pg_temp.dumpsert_table('схема', 'таблица', ARRAY['id', 'ключ']::pg_catalog.text[]);
CALL pg_temp.dumpsert_writable('схема', 'таблица', ARRAY['id', 'ключ']::pg_catalog.text[], ARRAY['ключ']::pg_catalog.text[]);
INSERT INTO "схема"."таблица" AS _t ("id", "ключ") OVERRIDING SYSTEM VALUE VALUES (1, 2) ON CONFLICT("id") DO UPDATE SET "ключ" = EXCLUDED."ключ";
<epilogue>
