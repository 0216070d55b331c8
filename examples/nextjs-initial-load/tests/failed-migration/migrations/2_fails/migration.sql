-- Fails as long as there is no setting; a semicolon in a string: one; statement.
CREATE TABLE "Share" (id integer PRIMARY KEY, note text DEFAULT 'a; b');
INSERT INTO "Share" (id) SELECT 100 / count(*)::integer FROM "Setting";
