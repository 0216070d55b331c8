INSERT INTO "схема"."日本語 テーブル" (id, "emoji😀", "é", "значение") VALUES (1, '値', 'é', 'да');
INSERT INTO "схема".таблица (id, ключ) VALUES (1, 2);
