SET search_path = app, pg_catalog;
CREATE TABLE t (id integer NOT NULL, v text);
INSERT INTO t VALUES (1, 'one');
RESET search_path;
CREATE TABLE t (id integer NOT NULL, v text, w text);
INSERT INTO t VALUES (1, 'one', 'more');
