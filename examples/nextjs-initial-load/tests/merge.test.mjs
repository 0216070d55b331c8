// first-load, rerun, demo, refused-row: what arrives, and what does not.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DEMO, DIVERGE, REAL, seed } from '../scripts/seed.js';
import { cleanups, completed, load, sharedPair, startPostgres } from './support.mjs';

const file = cleanups();
let postgres, pair;
before(async () => {
  postgres = await startPostgres(file);
  pair = await sharedPair(file, postgres);
});
after(file.run);

/** Tables that belong to one server. */
const LOCAL = ['devices', 'printers', 'refresh_tokens', 'audit_log'];
const carried = (database) => postgres.dump(database, ...LOCAL.map((name) => `--exclude-table=${name}`));
const own = (database) => postgres.dump(database, ...LOCAL.map((name) => `--table=${name}`));
const byTable = ({ report }) => Object.fromEntries(report.tables.map((line) => [line.table, line]));

for (const method of ['backup', 'http']) {
  test(`first-load: a target without rows, by ${method}`, async () => {
    await pair.use(postgres.create(seed(1200)), postgres.create());
    const { from, to, source, target } = pair;
    const session = await completed(from, { method, demo: false });
    assert.deepEqual(carried(target), carried(source));
    assert.deepEqual(own(target), []);
    const lines = byTable(session);
    assert.equal(lines['public.products'].inserted, 1200);
    assert.equal(lines['public."OrderItem"'].target, 300);
    assert.deepEqual(session.report.tables.filter(({ verdict }) => verdict !== 'match'), []);
    assert.equal(session.progress, 100);
    // Both sides have their own row, under one id.
    const other = await to.admin('GET', `/initial-load/${session.sessionId}`);
    assert.equal(other.body.status, 'COMPLETED');
    assert.equal(other.body.direction, 'receive');
    assert.match(to.log(), new RegExp(session.sessionId));
    assert.match(from.log(), new RegExp(session.sessionId));
    // A new row takes a number that is free.
    postgres.sql(target, `INSERT INTO stock_movements (business_id, product_id, qty_change) SELECT "businessId", id, 1 FROM products LIMIT 1`);
  });
}

test('rerun: updates arrive, no duplicates, rows of the target alone stay, a third run changes nothing', async () => {
  const copy = postgres.create(seed(1200));
  await pair.use(copy, postgres.create(DIVERGE, copy));
  const { from, source, target } = pair;
  const before = own(target);
  const onlyHere = carried(target).filter((line) => /only-here/.test(line));
  assert.equal(onlyHere.length, 26);
  const session = await completed(from, { demo: false });
  assert.deepEqual(carried(target).filter((line) => !/only-here/.test(line)), carried(source));
  assert.deepEqual(carried(target).filter((line) => /only-here/.test(line)), onlyHere);
  assert.deepEqual(own(target), before);
  const products = byTable(session)['public.products'];
  assert.deepEqual([products.inserted, products.updated, products.unchanged], [0, 120, 1080]);
  assert.deepEqual([products.verdict, products.why], ['expected', '25 only on the target']);
  assert.ok(byTable(session)['public.stock_movements'].inserted > 0);
  const written = postgres.sql(target, 'SELECT max(xmin::text::bigint) FROM products');
  for (const method of ['backup', 'http']) {
    const again = await completed(from, { demo: false, method });
    for (const line of again.report.tables) assert.deepEqual([line.inserted, line.updated], [0, 0], `${method}: ${line.table}`);
  }
  assert.equal(postgres.sql(target, 'SELECT max(xmin::text::bigint) FROM products'), written, 'no row was even written again');
});

for (const method of ['backup', 'http']) {
  test(`demo: nothing of demo businesses arrives by ${method}, all of those that look like it does`, async () => {
    const copy = postgres.create(seed(1200));
    const expected = postgres.create(undefined, copy);
    await pair.use(copy, postgres.create());
    const { from, target } = pair;
    const session = await completed(from, { method, demo: true });
    // What would be left on the source had these businesses been deleted there.
    const demo = DEMO.map((id) => `'${id}'`).join(', ');
    postgres.sql(expected, `DELETE FROM "OrderItem" WHERE "productId" IN (SELECT id FROM products WHERE "businessId" IN (${demo}));
      DELETE FROM businesses WHERE id IN (${demo})`);
    assert.deepEqual(carried(target), carried(expected));
    assert.equal(postgres.sql(target, 'SELECT string_agg(id, \',\' ORDER BY id) FROM businesses'), [...REAL].sort().join(','));
    const items = byTable(session)['public."OrderItem"'];
    assert.ok(items.leftOut > 0, 'children without a businessId go too');
    assert.equal(items.verdict, 'expected');
    assert.match(items.why, /left out as demo data/);
    if (method === 'backup') {
      assert.deepEqual(session.report.softReferences.map(({ table, column }) => [table, column]), [['public.notes', 'about_ref']]);
    }
  });
}

for (const method of ['backup', 'http']) {
  test(`refused-row: a row that a CHECK refuses, by ${method}`, async () => {
    await pair.use(postgres.create(seed(1200)), postgres.create());
    const { from, to, source, target } = pair;
    postgres.sql(source, 'ALTER TABLE products DROP CONSTRAINT price_small; UPDATE products SET price = 5000000 WHERE id = \'p599\'');
    const session = await load(from, { method, demo: false });
    assert.equal(session.status, 'FAILED');
    assert.match(session.errorMessage, /price_small/);
    assert.match(session.errorMessage, /products/);
    const other = (await to.admin('GET', `/initial-load/${session.sessionId}`)).body;
    assert.equal(other.status, 'FAILED');
    assert.match(other.errorMessage, /price_small/);
    if (method === 'backup') assert.deepEqual(carried(target), []);
    // The fallback keeps the batches before; of the refused one, which is the last, no row.
    else assert.equal(postgres.sql(target, 'SELECT count(*) FROM products'), '1000');
    if (method === 'backup') assert.match(session.errorMessage, /row \d+ of public\.products.*id = p599\); nothing was changed$/);
    // PostgreSQL's DETAIL prints whole rows.
    for (const text of [session.errorMessage, other.errorMessage]) assert.doesNotMatch(text, /Product 599|sku-599|DETAIL/);
    // Put right, it goes through.
    postgres.sql(source, 'UPDATE products SET price = 5 WHERE id = \'p599\'');
    await completed(from, { method, demo: false });
    assert.deepEqual(carried(target), carried(source));
  });
}
