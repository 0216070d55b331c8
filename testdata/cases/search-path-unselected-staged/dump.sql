SET search_path = app, other;
INSERT INTO t (id, v) VALUES (1, 'one');
