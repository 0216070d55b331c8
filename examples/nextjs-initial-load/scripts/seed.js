// Rows to try it with: `node --env-file=.env.source scripts/seed.js`. Writes SQL with --print.
//
// Businesses of which some are demo, by id or by flag, some only look like it; products, orders, and what hangs on them.

import pg from 'pg';

/** Ids of businesses: four forms of demo ids, one that only the flag tells, two that only look like it, two plain ones. */
export const DEMO = ['demo', 'demo-shop', 'berlin-demo', 'eu-demo-business-7', 'flagged'];
export const REAL = ['acme', 'demolition', 'x-demo2', 'baker'];

export function seed(products = 12_000) {
  const businesses = [...REAL, ...DEMO].map((id) => `('${id}', '${id} Ltd', ${id === 'flagged'})`).join(', ');
  return `
INSERT INTO businesses (id, name, "isDemo") VALUES ${businesses};
INSERT INTO users (id, "businessId", email, "passwordHash")
  SELECT md5(b.id || n)::uuid, b.id, 'user' || n || '@' || b.id || '.example', 'hash-of-' || b.id || n FROM businesses AS b, generate_series(1, 3) AS n;
INSERT INTO categories (id, "businessId", "parentId", name)
  SELECT b.id || '/c' || n, b.id, CASE WHEN n > 1 THEN b.id || '/c' || n / 2 END, 'Category ' || n FROM businesses AS b, generate_series(1, 7) AS n;
INSERT INTO products (id, "businessId", "categoryId", sku, name, price, details, "isActive")
  SELECT 'p' || n, b.id, b.id || '/c' || n % 7 + 1, 'sku-' || n, 'Product ' || n || E' – it''s \\\\ 100 % "good"', (n % 99900) / 100.0,
    jsonb_build_object('n', n, 'text', repeat('lorem ipsum ', n % 8), 'big', 12345678901234567890.123), n % 5 > 0
  FROM generate_series(1, ${products}) AS n JOIN (SELECT id, row_number() OVER (ORDER BY id) AS place, count(*) OVER () AS count FROM businesses) AS b
    ON b.place = n % b.count + 1;
INSERT INTO "order" (id, "businessId", "user", "group", total)
  SELECT 'o' || n, p."businessId", 'user' || n % 3, CASE WHEN n % 2 = 0 THEN 'a' END, n / 7.0
  FROM generate_series(1, ${Math.ceil(products / 4)}) AS n JOIN products AS p ON p.id = 'p' || n;
INSERT INTO "OrderItem" (id, "orderId", "productId", quantity)
  SELECT 'i' || n, 'o' || n, 'p' || n, n % 9 + 1 FROM generate_series(1, ${Math.ceil(products / 4)}) AS n;
INSERT INTO stock_movements (business_id, product_id, qty_change, happened_at)
  SELECT "businessId", id, 5, '2026-01-01' FROM products ORDER BY sku LIMIT ${Math.ceil(products / 6)};
INSERT INTO "price list" SELECT 'list ' || n, '"a", ''b''', n FROM generate_series(1, 20) AS n;
INSERT INTO notes SELECT 'n-' || id, id, 'about ' || id FROM businesses;
INSERT INTO devices VALUES ('till-1', 'a till');
INSERT INTO printers VALUES ('printer-1', 'till-1', '10.0.0.7');
INSERT INTO refresh_tokens SELECT 't' || id, id, 'secret' FROM users;
INSERT INTO audit_log (what) VALUES ('seeded');
`;
}

/** What has happened on a target since it was copied: older rows, missing rows, and some of its own. */
export const DIVERGE = `
UPDATE products SET price = price + 1, name = 'an old name' WHERE id LIKE '%7';
DELETE FROM stock_movements WHERE id % 3 = 0;
DELETE FROM "OrderItem" WHERE quantity = 4;
INSERT INTO businesses (id, name) VALUES ('only-here', 'Only on the target');
INSERT INTO products (id, "businessId", sku, name, price) SELECT 'own' || n, 'only-here', 's' || n, 'Own ' || n, 1 FROM generate_series(1, 25) AS n;
UPDATE devices SET name = 'another till';
`;

if (process.argv[1] === import.meta.filename) {
  const [count = '12000'] = process.argv.slice(2).filter((arg) => /^\d+$/.test(arg));
  if (process.argv.includes('--print')) {
    console.log(seed(Number(count)));
  } else {
    const client = new pg.Client({ connectionString: process.env.DIRECT_URL ?? process.env.DATABASE_URL });
    await client.connect();
    await client.query(`BEGIN; ${seed(Number(count))} COMMIT`);
    await client.end();
    console.log(`seeded ${count} products`);
  }
}
