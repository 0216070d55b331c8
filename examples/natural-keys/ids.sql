-- The id of every row: those of the target must stay.
SELECT 'category', name, id::text FROM categories UNION ALL SELECT 'unit', name, id::text FROM units
UNION ALL SELECT 'role', name, id::text FROM roles UNION ALL SELECT 'tax', name, id::text FROM tax_rates
UNION ALL SELECT 'product', sku, id::text FROM products UNION ALL SELECT 'employee', name, id::text FROM employees
UNION ALL SELECT 'expense', what, id::text FROM expenses UNION ALL SELECT 'invoice', number, id::text FROM invoices
