<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"match","triggers":"off"}');
CALL pg_temp.dumpsert_stage(1, 'public', 'has "quotes" and ''apostrophes''', ARRAY['id', 'a"b', 'c;d', 'e--f', 'g/*h', 'i''j', 'k\l', 'm$$n', 'o.p', 'q, r', ') VALUES (1', '(t', ' lead', 'trail ', '1digit', 'dollar$', ':var', '\!', '"']::pg_catalog.text[]);
\set SHOW_CONTEXT errors
COPY pg_temp."stage 1: public.has ""quotes"" and 'apostrophes'" ("id", "a""b", "c;d", "e--f", "g/*h", "i'j", "k\l", "m$$n", "o.p", "q, r", ") VALUES (1", "(t", " lead", "trail ", "1digit", "dollar$", ":var", "\!", """") FROM stdin;
1	2	3	4	5	6	7	8	9	10	11	12	13	14	15	16	17	18	19
\.
\set SHOW_CONTEXT never
<epilogue>
