INSERT INTO "new
line"."-- comment
INSERT INTO public.x VALUES (1);
\! touch pwned" ("id
nl", "col""
;--", "crhere") VALUES (1, 'newline in names', 'x');
INSERT INTO "new
line"."-- comment
INSERT INTO public.x VALUES (1);
\! touch pwned" ("id
nl", "col""
;--", "crhere") VALUES (2, 'again', 'y');
