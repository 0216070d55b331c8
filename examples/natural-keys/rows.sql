-- Every row, with names in place of ids, so that rows of two servers can be compared.
SELECT 'category', name, '', '', '', '' FROM categories
UNION ALL SELECT 'unit', name, '', '', '', '' FROM units
UNION ALL SELECT 'role', name, '', '', '', '' FROM roles
UNION ALL SELECT 'tax', name, percent::text, '', '', '' FROM tax_rates
UNION ALL SELECT 'product', sku, price::text, c.name, u.name, t.name FROM products p
    LEFT JOIN categories c ON c.id = category_id LEFT JOIN units u ON u.id = unit_id LEFT JOIN tax_rates t ON t.id = tax_id
UNION ALL SELECT 'employee', e.name, r.name, '', '', '' FROM employees e LEFT JOIN roles r ON r.id = role_id
UNION ALL SELECT 'expense', what, e.name, c.name, '', '' FROM expenses
    LEFT JOIN employees e ON e.id = employee_id LEFT JOIN categories c ON c.id = category_id
UNION ALL SELECT 'invoice', number, sku, '', '', '' FROM invoices LEFT JOIN products p ON p.id = product_id
