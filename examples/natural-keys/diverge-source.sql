-- Both sides live on: new rows, and on the source one that was changed.
INSERT INTO invoices (number, product_id) SELECT 'later source', id FROM products WHERE sku = 'source-Paint';
INSERT INTO units (name) VALUES ('metre');
UPDATE products SET price = 9, unit_id = (SELECT id FROM units WHERE name = 'metre') WHERE sku = 'source-Tools';
UPDATE tax_rates SET percent = 20 WHERE name = 'normal'; -- the source's value is to win
