CREATE TABLE t (id int PRIMARY KEY, v text, "W" text);
CREATE TABLE u (a int, b int, UNIQUE NULLS NOT DISTINCT (b));
