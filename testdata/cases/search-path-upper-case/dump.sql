SET search_path = App;
INSERT INTO orders (id, v) VALUES (1, 'app');
