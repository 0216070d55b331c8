INSERT INTO public.texts (id, t) VALUES (0, '');
INSERT INTO public.texts (id, t) VALUES (1, 'NULL');
INSERT INTO public.texts (id, t) VALUES (2, '\N');
INSERT INTO public.texts (id, t) VALUES (3, '\.');
INSERT INTO public.texts (id, t) VALUES (4, 'a
\.
b');
INSERT INTO public.texts (id, t) VALUES (5, '''');
INSERT INTO public.texts (id, t) VALUES (6, '''''''');
INSERT INTO public.texts (id, t) VALUES (7, '\');
INSERT INTO public.texts (id, t) VALUES (8, '\''');
INSERT INTO public.texts (id, t) VALUES (9, 'abc\');
INSERT INTO public.texts (id, t) VALUES (10, 'a;b');
INSERT INTO public.texts (id, t) VALUES (11, 'x'');
DROP TABLE y;');
INSERT INTO public.texts (id, t) VALUES (12, '-- not a comment');
INSERT INTO public.texts (id, t) VALUES (13, 'line
-- not a comment
line');
INSERT INTO public.texts (id, t) VALUES (14, '/* not a comment');
INSERT INTO public.texts (id, t) VALUES (15, '*/');
INSERT INTO public.texts (id, t) VALUES (16, '$$ not $a$ quote $a$ $$');
INSERT INTO public.texts (id, t) VALUES (17, 'INSERT INTO public.texts VALUES (99, ''x'');');
INSERT INTO public.texts (id, t) VALUES (18, 'first line
INSERT INTO public.texts (id, t) VALUES (98, ''a'');
last line');
INSERT INTO public.texts (id, t) VALUES (19, 'first
COPY public.texts (id, t) FROM stdin;
97	a
\.
last');
INSERT INTO public.texts (id, t) VALUES (20, '\! echo pwned
\connect postgres
\unrestrict x
\q
');
INSERT INTO public.texts (id, t) VALUES (21, '--
-- Name: texts; Type: TABLE DATA; Schema: public; Owner: x
--
');
INSERT INTO public.texts (id, t) VALUES (22, '--
-- PostgreSQL database dump complete
--
');
INSERT INTO public.texts (id, t) VALUES (23, 'a	b');
INSERT INTO public.texts (id, t) VALUES (24, 'ab');
INSERT INTO public.texts (id, t) VALUES (25, 'a
b
');
INSERT INTO public.texts (id, t) VALUES (26, '


');
INSERT INTO public.texts (id, t) VALUES (27, '
abc');
INSERT INTO public.texts (id, t) VALUES (28, 'abc
');
INSERT INTO public.texts (id, t) VALUES (29, '),
	(32, ');
INSERT INTO public.texts (id, t) VALUES (30, ''') ON CONFLICT DO NOTHING;
');
INSERT INTO public.texts (id, t) VALUES (31, '	
');
INSERT INTO public.texts (id, t) VALUES (32, 'žluťoučký Ω 漢字 العربية עברית 👩‍👩‍👧‍👦     ﻿ ​ ‮');
INSERT INTO public.texts (id, t) VALUES (33, 'E''x\n''');
INSERT INTO public.texts (id, t) VALUES (34, ':var :''var'' :"var" ::text');
INSERT INTO public.texts (id, t) VALUES (35, '1e5');
INSERT INTO public.texts (id, t) VALUES (36, 'true');
INSERT INTO public.texts (id, t) VALUES (37, '\n\t\r\b\f\v\x41\101\u0041');
INSERT INTO public.texts (id, t) VALUES (38, '%s %d %%');
INSERT INTO public.texts (id, t) VALUES (39, '{"a": "b\"c", "d": [1, null, {"e": "''"}]}');
INSERT INTO public.texts (id, t) VALUES (40, 'U&''\0441'' UESCAPE ''!''');
INSERT INTO public.texts (id, t) VALUES (41, '   ');
INSERT INTO public.texts (id, t) VALUES (42, '''
''');
INSERT INTO public.texts (id, t) VALUES (43, 'a|b,c	d');
INSERT INTO public.texts (id, t) VALUES (44, 'abc');
INSERT INTO public.texts (id, t) VALUES (45, 'abc');
INSERT INTO public.texts (id, t) VALUES (46, 'a\
b');
INSERT INTO public.texts (id, t) VALUES (47, '
.
\
.
');
INSERT INTO public.texts (id, t) VALUES (48, 'COMMIT;
BEGIN;');
INSERT INTO public.texts (id, t) VALUES (49, '\if false
\endif');
INSERT INTO public.texts (id, t) VALUES (50, '`id`');
INSERT INTO public.texts (id, t) VALUES (51, '''''''''');
INSERT INTO public.texts (id, t) VALUES (52, 'ab');
