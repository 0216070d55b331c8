-- Turns a copy of the demo database into a target that has lived on by itself: rows changed, rows lost, rows of its own,
-- sequences ahead and behind, and triggers that would leave their mark on every row an upsert touches.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET timezone = 'UTC';
BEGIN;

-- changed here
UPDATE businesses SET settings = '{}', name = upper(name) WHERE "isDemo";
UPDATE products SET price = price + 1, description = 'edited on the target', "updatedAt" = '2025-06-01' WHERE right(sku, 2) = '07';
UPDATE product_variants SET stock = stock + 1 WHERE id % 20 = 0;
UPDATE users SET "managerId" = NULL, role = 'STAFF' WHERE right(email, 5) <> 'x' AND "lastLoginAt" IS NULL;
UPDATE customers SET address = NULL, "loyaltyPoints" = 0 WHERE "loyaltyPoints" % 25 = 3;
UPDATE orders SET status = 'CANCELLED', note = NULL WHERE id % 50 = 0;
UPDATE order_items SET quantity = quantity + 10 WHERE "orderId" % 100 = 1;
UPDATE categories SET "parentId" = NULL WHERE "position" % 4 = 3;

-- lost here
DELETE FROM payments WHERE "orderId" % 30 = 2;
DELETE FROM orders WHERE id % 60 IN (1, 4);
DELETE FROM customers WHERE "loyaltyPoints" % 40 = 7;
DELETE FROM stock_movements WHERE id % 9 = 0;
DELETE FROM sessions;
DELETE FROM "_CategoryToProduct" WHERE "B" LIKE 'c0%';
DELETE FROM audit_logs WHERE id % 10 = 5;
DELETE FROM _prisma_migrations WHERE migration_name LIKE '%4_step'; -- the target is at an earlier migration

-- only here
INSERT INTO businesses (id, name, slug, "updatedAt") VALUES ('only-here', 'Only on the target', 'only-here', '2025-06-01');
INSERT INTO products (id, "businessId", sku, name, price, "updatedAt")
SELECT 'target-' || g, 'only-here', 'T-' || g, 'Target''s own; no. ' || g, g, '2025-06-01' FROM generate_series(1, 40) AS g;
INSERT INTO product_variants (id, "productId", sku) SELECT 90000000 + g, 'target-' || g, 'T-V' || g FROM generate_series(1, 40) AS g;
INSERT INTO orders (id, "businessId", total, "placedAt", "updatedAt") SELECT 90000000 + g, 'only-here', g, '2025-06-01', '2025-06-01' FROM generate_series(1, 25) AS g;
INSERT INTO order_items ("orderId", "lineNo", "variantId", quantity, "unitPrice") SELECT 90000000 + g, 1, 90000000 + g, 1, g FROM generate_series(1, 25) AS g;

-- ahead, behind, and never called
SELECT setval('product_variants_id_seq', 90000040) \g /dev/null
SELECT setval('stock_movements_id_seq', 10) \g /dev/null
SELECT setval(pg_get_serial_sequence('audit_logs', 'id'), 1, false) \g /dev/null

CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW."updatedAt" := clock_timestamp(); RETURN NEW; END $$;
CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_logs ("businessId", actor, action) VALUES (NEW."businessId", 'trigger', TG_TABLE_NAME || ' ' || TG_OP);
    RETURN NULL;
END $$;
CREATE TRIGGER touch BEFORE UPDATE ON products FOR EACH ROW EXECUTE PROCEDURE touch();
CREATE TRIGGER touch BEFORE UPDATE ON customers FOR EACH ROW EXECUTE PROCEDURE touch();
CREATE TRIGGER touch BEFORE UPDATE ON orders FOR EACH ROW EXECUTE PROCEDURE touch();
CREATE TRIGGER audit AFTER INSERT OR UPDATE ON products FOR EACH ROW EXECUTE PROCEDURE audit();
CREATE TRIGGER audit AFTER INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE PROCEDURE audit();
CREATE TRIGGER audit_off AFTER DELETE ON orders FOR EACH ROW EXECUTE PROCEDURE audit();
ALTER TABLE orders DISABLE TRIGGER audit_off;
COMMIT;
