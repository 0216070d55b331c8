-- Both sides live on: new rows, and on the target one that was changed.
INSERT INTO invoices (number, product_id) SELECT 'later target', id FROM products WHERE sku = 'target-Paint';
INSERT INTO units (name) VALUES ('metre');
UPDATE products SET price = 9, unit_id = (SELECT id FROM units WHERE name = 'metre') WHERE sku = 'target-Tools';
UPDATE tax_rates SET percent = 18 WHERE name = 'normal';
