<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"error","triggers":"off"}');
CALL pg_temp.dumpsert_table('public', 'has "quotes" and ''apostrophes''', ARRAY['id', 'a"b', 'c;d', 'e--f', 'g/*h', 'i''j', 'k\l', 'm$$n', 'o.p', 'q, r', ') VALUES (1', '(t', ' lead', 'trail ', '1digit', 'dollar$', ':var', '\!', '"']::pg_catalog.text[]);
INSERT INTO "public"."has ""quotes"" and 'apostrophes'" AS _t ("id", "a""b", "c;d", "e--f", "g/*h", "i'j", "k\l", "m$$n", "o.p", "q, r", ") VALUES (1", "(t", " lead", "trail ", "1digit", "dollar$", ":var", "\!", """") VALUES (1, '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12', '13', '14', '15', '16', '17', '18', '19') ON CONFLICT("id") DO UPDATE SET "a""b" = EXCLUDED."a""b", "c;d" = EXCLUDED."c;d", "e--f" = EXCLUDED."e--f", "g/*h" = EXCLUDED."g/*h", "i'j" = EXCLUDED."i'j", "k\l" = EXCLUDED."k\l", "m$$n" = EXCLUDED."m$$n", "o.p" = EXCLUDED."o.p", "q, r" = EXCLUDED."q, r", ") VALUES (1" = EXCLUDED.") VALUES (1", "(t" = EXCLUDED."(t", " lead" = EXCLUDED." lead", "trail " = EXCLUDED."trail ", "1digit" = EXCLUDED."1digit", "dollar$" = EXCLUDED."dollar$", ":var" = EXCLUDED.":var", "\!" = EXCLUDED."\!", """" = EXCLUDED."""";
<epilogue>
