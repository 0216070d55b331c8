SET search_path = app, pg_catalog;
INSERT INTO orders (id, v) VALUES (1, 'app');
SET search_path = public, pg_catalog;
INSERT INTO orders (id, v) VALUES (1, 'public');
INSERT INTO app.orders (id, v) VALUES (2, 'app');
SELECT pg_catalog.setval('orders_id_seq', 2, true);
