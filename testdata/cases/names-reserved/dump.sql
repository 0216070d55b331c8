INSERT INTO "select"."table" ("from", "where", "values", "default", "user", "order", "group") VALUES (1, 'where', 'values', 'default', 'user', 10, 'group');
