SET search_path = "Mixed ""Case", pg_catalog;
INSERT INTO orders (id, v) VALUES (1, 'mixed');
