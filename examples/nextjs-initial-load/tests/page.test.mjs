// The page, in headless Chromium: first load, rerun, a refused row, a cut network, a killed server, progress, the choice of the method,
// missing programs, and how it looks. Screenshots go to the folder `screenshots`.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { DIVERGE, seed } from '../scripts/seed.js';
import { PASSWORD, cleanups, folder, makeFolder, programs, root, sharedPair, startApp, startPostgres, until } from './support.mjs';
import { startProxy } from './proxy.mjs';

const EXECUTABLE = process.env.CHROMIUM ?? '/usr/bin/chromium-headless-shell';
const file = cleanups();
let postgres, pair, proxy, gate, browser, context, page;
before(async () => {
  postgres = await startPostgres(file);
  gate = join(folder(file), 'gate');
  const bin = programs(file, postgres, { pg_dump: `if [ -e ${gate} ]; then echo > ${gate}.here; while [ -e ${gate} ]; do sleep 0.05; done; fi\nexec $REAL "$@"` });
  pair = await sharedPair(file, postgres, { sourceEnv: { PG_BIN: bin }, address: async (target) => (proxy = await startProxy(file, target)).address });
  browser = await chromium.launch({ executablePath: EXECUTABLE, args: ['--no-sandbox'] });
  file.after(() => browser.close());
  context = await browser.newContext({ viewport: { width: 1100, height: 900 } });
  page = await context.newPage();
  page.setDefaultTimeout(60_000);
});
after(file.run);

const shot = async (name, of = page) => of.screenshot({ path: join(makeFolder(join(root, 'screenshots')), `${name}.png`), fullPage: true });
const fresh = async (empty = false) => {
  const copy = postgres.create(seed(600));
  await pair.use(copy, empty ? postgres.create() : postgres.create(DIVERGE, copy));
};
const open = async (of = page) => {
  await of.goto(`${pair.from.address}/admin/initial-load`);
  if (await of.getByLabel('Password').or(of.getByText('target-1')).first().waitFor().then(() => of.getByLabel('Password').isVisible())) {
    await of.getByLabel('Password').fill(PASSWORD);
    await of.getByRole('button', { name: 'Log in' }).click();
  }
  await of.getByRole('radio', { name: /target-1/ }).or(of.getByRole('heading', { name: /Running/ })).first().waitFor();
};
const start = () => page.getByRole('button', { name: 'Start' }).click();
const first = () => page.locator('.history > li').first();
/** Waits for a new entry of the history. */
async function result(status, before = 0) {
  try {
    await page.locator('.history > li').nth(before).waitFor();
    await first().locator('.status', { hasText: status }).waitFor();
  } catch (error) {
    error.message += `\n${await page.locator('main').innerText()}\n${pair.from.log().slice(-4000)}\n${pair.to.log().slice(-4000)}`;
    throw error;
  }
  return first().innerText();
}
const sessions = () => postgres.sql(pair.source, 'SELECT count(*) FROM "InitialLoadSessions"');

test('the page without a login, without peers, and without a history', async () => {
  await fresh(true);
  postgres.sql(pair.source, `DELETE FROM "SyncNodes"`);
  await page.goto(`${pair.from.address}/admin/initial-load`);
  await page.getByLabel('Password').fill('wrong');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByText('the password is wrong').waitFor();
  await shot('login');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByText(/No peers yet/).waitFor();
  await page.getByText(/Nothing yet/).waitFor();
  assert.ok(await page.getByRole('button', { name: 'Start' }).isDisabled());
  await shot('empty');
});

test('toggle: backup and without demo data by default; by keyboard alone', async () => {
  await fresh(true);
  postgres.sql(pair.source, `INSERT INTO "SyncNodes" VALUES ('zz-old', 'old till', 'http://127.0.0.1:9', true, false)`);
  await open();
  await page.getByText('offline').waitFor();
  assert.ok(await page.getByRole('radio', { name: /old till/ }).isDisabled());
  assert.ok(await page.getByRole('radio', { name: /^Backup/ }).isChecked());
  for (const [name, isOn] of [['Leave demo data out', true], ['Compress', true], [/By way of a file/, false]]) assert.equal(await page.getByRole('checkbox', { name }).isChecked(), isOn);
  await shot('start');
  // The keyboard: to the method, the other one, over the options, to the button.
  await page.getByRole('radio', { name: /^target-1/ }).focus();
  await page.keyboard.press('Tab');
  await page.keyboard.press('ArrowRight');
  assert.ok(await page.getByRole('radio', { name: /^HTTP/ }).isChecked());
  for (let tab = 0; tab < 4; tab += 1) await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Start');
  await page.keyboard.press('Enter');
  assert.match(await result('COMPLETED'), /http/);
  assert.equal(postgres.sql(pair.source, 'SELECT method FROM "InitialLoadSessions"'), 'http');
});

test('first-load and progress: it never goes backwards, the restore is seen, and the verdicts', async (t) => {
  await fresh(true);
  // The merge stands still at the first product.
  const client = await postgres.connect(t, pair.target);
  await client.query('SELECT pg_advisory_lock(7777)');
  postgres.sql(pair.target, `CREATE FUNCTION hold() RETURNS boolean LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock_shared(7777); RETURN true; END';
    ALTER TABLE products ADD CONSTRAINT hold CHECK (hold()) NOT VALID`);
  await open();
  await page.evaluate(() => {
    window.seen = [];
    new MutationObserver(() => {
      const bar = document.querySelector('progress');
      if (bar) window.seen.push(bar.value);
    }).observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
  });
  writeFileSync(gate, '');
  await start();
  await page.getByRole('heading', { name: 'Running: to target-1' }).waitFor();
  await page.getByRole('status').waitFor();
  await page.locator('tbody').getByText('products').waitFor();
  spawnSync('rm', ['-f', gate]);
  await page.getByRole('listitem').and(page.locator('[aria-current=step]')).getByText('restore').waitFor();
  await page.getByText(/comparing and writing/).waitFor();
  await shot('running');
  await client.query('SELECT pg_advisory_unlock(7777)');
  assert.match(await result('COMPLETED'), /inserted [1-9]/);
  await page.getByRole('region', { name: 'Report by table' }).waitFor();
  const seen = await page.evaluate(() => window.seen);
  assert.ok(seen.length > 0);
  assert.deepEqual(seen, [...seen].sort((one, other) => one - other));
  await shot('first-load');
});

test('rerun, with events blocked: the page polls instead', async () => {
  await fresh();
  await page.route('**/events', (route) => route.abort());
  await open();
  writeFileSync(gate, '');
  await start();
  await page.getByRole('heading', { name: 'Running: to target-1' }).waitFor();
  spawnSync('rm', ['-f', gate]);
  assert.match(await result('COMPLETED'), /updated [1-9]/);
  await page.unroute('**/events');
  assert.match(await first().innerText(), /only on the target/);
  assert.match(await first().innerText(), /left out as demo data/);
  await shot('report');
  await start();
  await page.locator('.history > li').nth(1).waitFor();
  assert.match(await result('COMPLETED', 1), /inserted 0, updated 0/);
});

test('match-on: categories that both servers have made under ids of their own are one; the page says which', async () => {
  const copy = postgres.create(seed(600));
  // The target has most categories under other ids, in a tree as well, one of its own, and lacks one; its products refer to them.
  const target = postgres.create(`${DIVERGE}
    UPDATE products SET "categoryId" = NULL WHERE id LIKE '%3';
    UPDATE categories SET id = 'here-' || md5(id) WHERE id NOT LIKE '%c7';
    UPDATE products SET "categoryId" = NULL WHERE "categoryId" = 'acme/c7'; DELETE FROM categories WHERE id = 'acme/c7';
    INSERT INTO categories (id, "businessId", name) VALUES ('own', 'acme', 'Only here');`, copy);
  await pair.use(copy, target);
  const byName = (database, where) => postgres.sql(database, `
    SELECT string_agg(x::text, E'\n' ORDER BY x::text) FROM (
      SELECT 'category', c."businessId", c.name, u.name FROM categories AS c LEFT JOIN categories AS u ON u.id = c."parentId" WHERE c."businessId" ${where} AND c.name <> 'Only here'
      UNION ALL SELECT 'product', p.id, p.name, c.name FROM products AS p LEFT JOIN categories AS c ON c.id = p."categoryId" WHERE p."businessId" ${where}) AS x`);
  const real = `IN ('acme', 'demolition', 'x-demo2', 'baker')`;
  const before = postgres.sql(pair.target, `SELECT string_agg(id, ',' ORDER BY id) FROM categories WHERE id LIKE 'here-%' OR id = 'own'`);
  await open();
  await start();
  const shown = await result('COMPLETED');
  // Six of seven of each business that is none of the demo ones.
  assert.match(shown, /categories: 24 recognised under another id/);
  await first().getByText(/recognised under another id/).click();
  await first().getByText(/is here-[0-9a-f]{32} here/).first().waitFor();
  await shot('match-on');
  // Every row, by names: as on the source, with the ids of the target, and its own.
  assert.equal(byName(pair.target, real), byName(pair.source, real));
  assert.equal(postgres.sql(pair.target, `SELECT string_agg(id, ',' ORDER BY id) FROM categories WHERE id LIKE 'here-%' OR id = 'own'`), before);
  assert.equal(postgres.sql(pair.target, `SELECT string_agg(id, ',' ORDER BY id) FROM categories WHERE "businessId" = 'acme' AND id NOT LIKE 'here-%'`), 'acme/c7,own');
  await start();
  await page.locator('.history > li').nth(1).waitFor();
  assert.match(await result('COMPLETED', 1), /inserted 0, updated 0/);
});

test('refused-row: the page names the row, and that nothing was changed', async () => {
  await fresh();
  postgres.sql(pair.source, `ALTER TABLE products DROP CONSTRAINT price_small; UPDATE products SET price = 5000000 WHERE id = 'p5'`);
  await open();
  await start();
  assert.match(await result('FAILED'), /price_small.*products.*id = p5.*nothing was changed/);
  await shot('failed');
});

test('network: cut half-way; the page says why, and a second click succeeds', async () => {
  await fresh();
  proxy.cutUpload(5000);
  await open();
  await start();
  assert.match(await result('FAILED'), /nothing was changed/);
  proxy.reset();
  await start();
  await result('COMPLETED', 1);
});

test('cancel, and no-tools', async () => {
  await fresh();
  await open();
  spawnSync('rm', ['-f', `${gate}.here`]);
  writeFileSync(gate, '');
  await start();
  await until('pg_dump stands', () => existsSync(`${gate}.here`));
  await page.getByRole('button', { name: 'Cancel' }).click();
  await result('CANCELLED');
  spawnSync('rm', ['-f', gate]);
  await shot('cancelled');
  const count = sessions();
  const bin = pair.from.env.PG_BIN;
  spawnSync('mv', [join(bin, 'pg_dump'), join(bin, 'away')]);
  await start();
  await page.getByRole('alert').getByText(/pg_dump is missing on source-1: install/).waitFor();
  spawnSync('mv', [join(bin, 'away'), join(bin, 'pg_dump')]);
  await shot('error');
  assert.equal(sessions(), count);
});

test('dark, and a phone: nothing wider than the screen; every control has a name', async (t) => {
  await fresh();
  await open();
  await start();
  await result('COMPLETED');
  const cookies = await context.cookies();
  for (const [name, options] of [['dark', { colorScheme: 'dark', viewport: { width: 1100, height: 900 } }], ['phone', { viewport: { width: 390, height: 844 } }], ['phone-dark', { colorScheme: 'dark', viewport: { width: 390, height: 844 } }]]) {
    const other = await browser.newContext(options);
    t.after(() => other.close());
    await other.addCookies(cookies);
    const small = await other.newPage();
    await open(small);
    await small.getByRole('region', { name: 'Report by table' }).waitFor();
    await shot(name, small);
    assert.ok(await small.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), `${name} scrolls sideways`);
    const unnamed = await small.evaluate(() => [...document.querySelectorAll('input, button')].filter((one) => !(one.labels?.length || one.textContent.trim())).length);
    assert.equal(unnamed, 0);
    assert.ok((await small.evaluate(contrasts)) >= 4.5, `${name}: contrast`);
  }
});

/** The least contrast of any text on the page. */
function contrasts() {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgb = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = (colour) => {
    const [r, g, b] = colour.map((value) => ((value /= 255) <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (node) => {
    for (let one = node; one; one = one.parentElement) {
      const colour = rgb(getComputedStyle(one).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };
  let least = 21;
  for (const node of document.querySelectorAll('main *')) {
    const hasText = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
    if (!hasText || node.closest('.hidden, :disabled, .choice:has(:disabled)')) continue;
    const [one, other] = [light(rgb(getComputedStyle(node).color)), light(behind(node))].sort((a, b) => b - a);
    least = Math.min(least, (one + 0.05) / (other + 0.05));
  }
  return least;
}

test('stuck and offline: the server is killed in a run, says that it is gone, and starts again', async () => {
  await fresh();
  await open();
  spawnSync('rm', ['-f', `${gate}.here`]);
  writeFileSync(gate, '');
  await start();
  await until('pg_dump stands', () => existsSync(`${gate}.here`));
  const { env, spool, address } = pair.from;
  await pair.from.kill('SIGKILL');
  await page.getByRole('alert').getByText(/does not answer/).waitFor();
  await shot('offline');
  spawnSync('rm', ['-f', gate]);
  pair.from = await startApp(file, postgres, 'source-1', pair.source, { ...env, SPOOL_DIR: spool, PORT: new URL(address).port });
  assert.match(await result('FAILED'), /the process that ran it has ended; nothing was changed/);
  await page.getByRole('button', { name: 'Start' }).and(page.locator(':enabled')).click();
  await result('COMPLETED', 1);
});
