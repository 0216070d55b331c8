-- What the source was seeded with, under ids of its own, and what was written there since.
INSERT INTO categories (name) VALUES ('Tools'), ('Paint'), ('only source');
INSERT INTO units (name) VALUES ('piece'), ('litre');
INSERT INTO roles (name) VALUES ('clerk'), ('manager');
INSERT INTO tax_rates (name, percent) VALUES ('normal', 19), ('reduced', 7);
INSERT INTO products (sku, price, category_id, unit_id, tax_id)
SELECT 'source-' || c.name, 5, c.id, u.id, t.id FROM categories c, units u, tax_rates t WHERE u.name = 'litre' AND t.name = 'reduced';
INSERT INTO employees (name, role_id) SELECT 'source ' || name, id FROM roles;
INSERT INTO expenses (what, employee_id, category_id) SELECT e.name || c.name, e.id, c.id FROM employees e, categories c;
INSERT INTO invoices (number, product_id) SELECT 'source-' || sku, id FROM products ORDER BY sku;
