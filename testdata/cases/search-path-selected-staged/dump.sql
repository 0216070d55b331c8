SET search_path = app, public, other;
INSERT INTO t (id, v) VALUES (1, 'one');
INSERT INTO log (id) VALUES (1);
