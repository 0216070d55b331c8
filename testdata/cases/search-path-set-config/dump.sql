SELECT pg_catalog.set_config('search_path', 'app, public', false);
INSERT INTO orders (id, v) VALUES (1, 'app');
