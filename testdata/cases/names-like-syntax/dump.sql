INSERT INTO public.overriding (overriding, system, value, conflict, nothing, copy, insert, set, data, key, type, name, stdin, update, restart, generated) VALUES (1, 'system', 'value', 'conflict', 'nothing', 'copy', 'insert', 'set', 'data', 'key', 'type', 'name', 'stdin', 'update', 'restart', 'generated');
INSERT INTO public.copy (stdin, "from") OVERRIDING SYSTEM VALUE VALUES (1, 'stdin');
COPY public.copy (stdin, "from") FROM stdin;
2	COPY public.copy FROM stdin;
\.
INSERT INTO public.insert ("values", "default") VALUES (1, 2);
INSERT INTO public."default" (id) VALUES (1);
INSERT INTO "default"."values" (id) VALUES (1);
