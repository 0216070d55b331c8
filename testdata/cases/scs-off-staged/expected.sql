<opening>
SET LOCAL client_encoding = 'UTF8';
SET LOCAL lock_timeout = 0;
CALL pg_temp.dumpsert_begin('{"no_key":"match","triggers":"off"}');
CALL pg_temp.dumpsert_stage(1, 'public', 'texts', ARRAY['id', 't']::pg_catalog.text[]);
\set SHOW_CONTEXT errors
COPY pg_temp."stage 1: public.texts" ("id", "t") FROM stdin;
0	
1	NULL
2	\\N
3	\\.
4	a\n\\.\nb
5	'
6	'''
7	\\
8	\\'
9	abc\\
10	a;b
11	x');\nDROP TABLE y;
12	-- not a comment
13	line\n-- not a comment\nline
14	/* not a comment
15	*/
16	$$ not $a$ quote $a$ $$
17	INSERT INTO public.texts VALUES (99, 'x');
18	first line\nINSERT INTO public.texts (id, t) VALUES (98, 'a');\nlast line
19	first\nCOPY public.texts (id, t) FROM stdin;\n97\ta\n\\.\nlast
20	\\! echo pwned\n\\connect postgres\n\\unrestrict x\n\\q\n
21	--\n-- Name: texts; Type: TABLE DATA; Schema: public; Owner: x\n--\n
22	--\n-- PostgreSQL database dump complete\n--\n
23	a\tb
24	a\rb
25	a\r\nb\r\n
26	\n\n\n
27	\nabc
28	abc\n
29	),\n\t(32, 
30	') ON CONFLICT DO NOTHING;\n
31	\b\t\n\v\f\r
32	žluťoučký Ω 漢字 العربية עברית 👩‍👩‍👧‍👦     ﻿ ​ ‮
33	E'x\\n'
34	:var :'var' :"var" ::text
35	1e5
36	true
37	\\n\\t\\r\\b\\f\\v\\x41\\101\\u0041
38	%s %d %%
39	{"a": "b\\"c", "d": [1, null, {"e": "'"}]}
40	U&'\\0441' UESCAPE '!'
41	   
42	'\n'
43	a|b,c\td
44	abc\r
45	a\vb\fc
46	a\\\nb
47	\n.\n\\\n.\n
48	COMMIT;\nBEGIN;
49	\\if false\n\\endif
50	`id`
51	''''
52	ab
\.
\set SHOW_CONTEXT never
<epilogue>
