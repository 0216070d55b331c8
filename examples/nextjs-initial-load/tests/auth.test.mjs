// auth, base64, flags, names: the routes between servers, spoken to without the app's own code.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import { DIVERGE, seed } from '../scripts/seed.js';
import { KEY, cleanups, completed, folder, programs, root, sealOf, sharedPair, sign, startPostgres } from './support.mjs';

const file = cleanups();
let postgres, pair, argumentsFile;
before(async () => {
  postgres = await startPostgres(file);
  argumentsFile = join(folder(file), 'arguments');
  const bin = programs(file, postgres, { pg_dump: `printf '%s\\n' "$@" > ${argumentsFile}\nexec $REAL "$@"` });
  pair = await sharedPair(file, postgres, { sourceEnv: { PG_BIN: bin } });
});
after(file.run);

let count = 0;
const newSession = () => `session-of-the-tests-${(count += 1)}`;
const dumpOf = (database) => Buffer.from(postgres.run('pg_dump', ['--data-only', '--column-inserts', '--schema=public', '--exclude-table=public."*S*"', '--exclude-table=public._*', database]));
/** With a line more, among those that pg_dump has written. */
const withLine = (dump, line) => Buffer.from(dump.toString().replace(/^INSERT/m, () => `${line}\nINSERT`));
const state = () => postgres.dump(pair.target);

/** Sends a body that ends in its seal. */
async function post(path, { body, headers, seal = sealOf(body, headers['X-Sync-Signature']), type = 'application/octet-stream' }) {
  const response = await fetch(pair.to.address + path, { method: 'POST', headers: { ...headers, 'Content-Type': type }, body: Buffer.concat([body, seal]) });
  return { status: response.status, body: await response.json(), signed: response.headers.get('x-sync-answer') };
}

const fresh = async () => {
  const copy = postgres.create(seed(300));
  await pair.use(copy, postgres.create(DIVERGE, copy));
};

test('auth: what is not signed, or wrongly, or twice, is refused before the body is read', async () => {
  await fresh();
  const [path, session, before] = ['/api/sync/stream-restore', newSession(), state()];
  const body = dumpOf(pair.source);
  const wrong = [
    ['nothing', 401, {}],
    ['no signature', 401, { ...sign('POST', path, { session }), 'X-Sync-Signature': '' }],
    ['another key', 403, sign('POST', path, { session, key: `${KEY}!` })],
    ['another path', 403, sign('POST', '/api/sync/receive-backup', { session })],
    ['another query', 403, sign('POST', `${path}?demo=1`, { session })],
    ['another method', 403, sign('GET', path, { session })],
    ['for another receiver', 403, sign('POST', path, { session, to: 'target-2' })],
    ['of a stranger', 403, sign('POST', path, { session, from: 'source-9' })],
    ['another session', 403, { ...sign('POST', path, { session }), 'X-Sync-Session': newSession() }],
    ['an old time', 403, sign('POST', path, { session, time: Date.now() - 301_000 })],
    ['a coming time', 403, sign('POST', path, { session, time: Date.now() + 900_000 })],
    ['no number as the time', 403, sign('POST', path, { session, time: 'now' })],
    ['../ as the session', 403, sign('POST', path, { session: '../../etc/passwd-of' })],
  ];
  for (const [what, status, headers] of wrong) {
    const answer = await post(path, { body, headers, seal: Buffer.alloc(32) });
    assert.equal(answer.status, status, what);
    assert.equal(answer.signed, null, what);
  }
  // Nonces of what was not signed fill no table.
  assert.equal(postgres.sql(pair.target, 'SELECT count(*) FROM "SyncNonces"'), '0');
  assert.deepEqual(state(), before);
  assert.equal(postgres.sql(pair.target, 'SELECT count(*) FROM "InitialLoadSessions"'), '0');
  // Once it goes, twice it does not.
  const headers = sign('POST', path, { session });
  const first = await post(path, { body, headers });
  assert.equal(first.status, 200, JSON.stringify(first.body));
  assert.notEqual(first.signed, null);
  assert.equal((await post(path, { body, headers })).status, 403);
  // The peer that may not write here is refused, though it signs.
  postgres.sql(pair.target, 'UPDATE "SyncNodes" SET "mayWriteHere" = false');
  assert.equal((await post(path, { body, headers: sign('POST', path, { session: newSession() }) })).status, 403);
});

test('auth: a body that was changed, cut or put under another header never reaches a commit', async () => {
  await fresh();
  const path = '/api/sync/stream-restore';
  const plain = dumpOf(pair.source);
  const before = state();
  for (const body of [plain, gzipSync(plain)]) {
    const changed = Buffer.from(body);
    changed[Math.floor(body.length / 2)] ^= 1;
    const old = sign('POST', path, { session: newSession() });
    const cases = [
      ['changed', (headers) => ({ body: changed, seal: sealOf(body, headers['X-Sync-Signature']) })],
      ['cut before a line', (headers) => ({ body: body.subarray(0, body.lastIndexOf('\n', body.length - 200) + 1), seal: sealOf(body, headers['X-Sync-Signature']) })],
      ['without a seal', () => ({ body, seal: Buffer.alloc(0) })],
      ['sealed for another header', () => ({ body, seal: sealOf(body, old['X-Sync-Signature']) })],
      ['empty', () => ({ body: Buffer.alloc(0), seal: Buffer.alloc(0) })],
    ];
    for (const [what, make] of cases) {
      const headers = sign('POST', path, { session: newSession() });
      const answer = await post(path, { headers, ...make(headers) });
      assert.ok([400, 422].includes(answer.status), `${what}: ${answer.status} ${JSON.stringify(answer.body)}`);
      assert.deepEqual(state(), before, what);
    }
  }
});

test('auth: a hostile dump from a peer with the key can only bring rows of the app’s own tables', async () => {
  await fresh();
  const before = state();
  const path = '/api/sync/stream-restore';
  const hostile = [
    '\\! touch /tmp/hostile-was-here',
    "COPY (SELECT 1) TO PROGRAM 'touch /tmp/hostile-was-here';",
    "INSERT INTO public.notes (id, about_ref, text) VALUES ('x', (SELECT max(hash) FROM refresh_tokens), 'x');",
    "UPDATE public.users SET \"passwordHash\" = 'mine';",
  ];
  assert.notEqual(withLine(dumpOf(pair.source), 'x').length, dumpOf(pair.source).length);
  for (const sql of hostile) {
    const headers = sign('POST', path, { session: newSession() });
    const answer = await post(path, { headers, body: withLine(dumpOf(pair.source), sql) });
    assert.equal(answer.status, 422, `${sql} ${JSON.stringify(answer.body)}`);
    assert.deepEqual(state(), before, sql);
  }
  // DDL, which full dumps have, passes over the target without a trace.
  const ddl = sign('POST', path, { session: newSession() });
  const skipped = await post(path, { headers: ddl, body: withLine(dumpOf(pair.source), 'DROP TABLE public.products;') });
  assert.equal(skipped.status, 200, JSON.stringify(skipped.body));
  assert.equal(postgres.sql(pair.target, 'SELECT count(*) FROM products'), '325');
  // Tables of this server alone are left out, whatever the peer sends.
  const mine = "INSERT INTO public.refresh_tokens (id, \"userId\", hash) VALUES ('evil', '00000000-0000-0000-0000-000000000000', 'evil');";
  const headers = sign('POST', path, { session: newSession() });
  const answer = await post(path, { headers, body: withLine(dumpOf(pair.source), mine) });
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  assert.equal(postgres.sql(pair.target, "SELECT count(*) FROM refresh_tokens WHERE id = 'evil'"), '0');
});

test('auth: the page’s routes need an administrator, and no other site can use one’s cookie', async () => {
  const routes = [['GET', ''], ['POST', ''], ['GET', '/x'], ['DELETE', '/x'], ['GET', '/x/events']];
  for (const [method, path] of routes) {
    const url = `${pair.from.address}/api/admin/sync/initial-load${path}`;
    assert.equal((await fetch(url, { method })).status, 401);
    assert.equal((await fetch(url, { method, headers: { cookie: 'admin=9999999999999.00' } })).status, 401);
    if (method === 'GET') continue;
    const foreign = [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }];
    for (const more of foreign) assert.equal((await fetch(url, { method, headers: { cookie: pair.from.cookie, ...more } })).status, 403);
  }
  assert.equal((await fetch(`${pair.from.address}/api/health`)).status, 401);
  const health = await (await fetch(`${pair.from.address}/api/health`, { headers: { cookie: pair.from.cookie } })).json();
  for (const name of ['psql', 'pgDump', 'server', 'dumpsert']) assert.match(health[name], /^\d+\.\d+/, name);
  const login = (password) => fetch(`${pair.from.address}/api/admin/login`, { method: 'POST', body: JSON.stringify({ password }) });
  assert.equal((await login('guessed')).status, 401);
  // A peer is named, never addressed.
  for (const peer of ['http://127.0.0.1:1', '../x', '', 7]) {
    assert.ok([404, 422].includes((await pair.from.admin('POST', '/initial-load', { peer })).status));
  }
});

test('auth: a server does not start without a key of 32 characters, or a password', async () => {
  for (const [env, words] of [[{ SYNC_KEY: 'short' }, /SYNC_KEY has 5 characters/], [{ SYNC_KEY: '' }, /SYNC_KEY is not set/], [{ ADMIN_PASSWORD: '' }, /ADMIN_PASSWORD/]]) {
    const url = postgres.url(pair.source);
    const settings = { PATH: process.env.PATH, NODE_ENV: 'production', NODE_ID: 'x', SYNC_KEY: KEY, ADMIN_PASSWORD: 'x', DATABASE_URL: url, DIRECT_URL: url, PORT: '0', ...env };
    const child = spawn(process.execPath, ['server.js'], { cwd: root, env: settings, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (text) => (said += text));
    const [status] = await once(child, 'close');
    assert.equal(status, 1);
    assert.match(said, words);
  }
});

test('base64: one POST of JSON, and the same rows as streamed', async () => {
  await fresh();
  const path = '/api/sync/receive-backup';
  const session = newSession();
  const json = (backup) => Buffer.from(JSON.stringify({ backup }));
  const send = async (body, headers, seal = sealOf(body, headers['X-Sync-Signature'])) => {
    const response = await fetch(pair.to.address + path, { method: 'POST', body, headers: { ...headers, 'Content-Type': 'application/json', 'X-Sync-Seal': seal.toString('hex') } });
    return response.status;
  };
  const dump = dumpOf(pair.source);
  const body = json(dump.toString('base64'));
  assert.equal(await send(body, sign('POST', path, { session }), Buffer.alloc(32)), 403);
  assert.equal(await send(json('no base64!'), sign('POST', path, { session: newSession() })), 422);
  assert.equal(await send(json('A'.repeat(65 << 20)), sign('POST', path, { session: newSession() })), 413);
  assert.equal(await send(body, sign('POST', path, { session })), 200);
  const restore = '/api/sync/restore-backup';
  const answer = await fetch(pair.to.address + restore, { method: 'POST', headers: sign('POST', restore, { session }) });
  assert.equal(answer.status, 200, await answer.clone().text());
  const own = (line) => !/only-here/.test(line);
  const tables = ['devices', 'printers', 'refresh_tokens', 'audit_log'].map((name) => `--exclude-table=${name}`);
  assert.deepEqual(postgres.dump(pair.target, ...tables).filter(own), postgres.dump(pair.source, ...tables));
  // It is restored once.
  assert.equal((await fetch(pair.to.address + restore, { method: 'POST', headers: sign('POST', restore, { session }) })).status, 409);
});

test('portable: dumps as Windows writes them: CRLF and UTF-16 arrive, or are named as such; nothing is half', async () => {
  await fresh();
  const path = '/api/sync/stream-restore';
  const text = dumpOf(pair.source).toString();
  const crlf = Buffer.from(text.replaceAll('\n', '\r\n'));
  const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text.replaceAll('\n', '\r\n'), 'utf16le')]);
  for (const body of [crlf, utf16]) {
    const headers = sign('POST', path, { session: newSession() });
    const answer = await post(path, { headers, body });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
  }
  assert.equal(postgres.sql(pair.target, "SELECT name FROM products WHERE id = 'p7'"), postgres.sql(pair.source, "SELECT name FROM products WHERE id = 'p7'"));
  const before = state();
  const swapped = Buffer.from(utf16);
  swapped.swap16();
  const [cut, headers] = [swapped.subarray(0, swapped.length - 1001), sign('POST', path, { session: newSession() })];
  const answer = await post(path, { headers, body: cut });
  assert.equal(answer.status, 422);
  assert.match(answer.body.error, /UTF-16/);
  assert.deepEqual(state(), before);
});

test('flags: how pg_dump is called, and what never leaves the source', async () => {
  await fresh();
  await completed(pair.from, { demo: false });
  const args = readFileSync(argumentsFile, 'utf8').trim().split('\n');
  for (const flag of ['--data-only', '--column-inserts', '--no-owner', '--no-privileges']) assert.ok(args.includes(flag), flag);
  assert.ok(args.includes('--exclude-table=public.refresh_tokens'));
  // No password and no address stands in an argument, where every user of the machine could read it.
  assert.ok(args.every((arg) => !/postgresql:|password|@/.test(arg)), args.join(' '));
});

test('names: reserved, quoted, mapped and camelCase names arrive by both methods', async () => {
  for (const method of ['backup', 'http']) {
    await pair.use(postgres.create(seed(300)), postgres.create());
    const { report } = await completed(pair.from, { method, demo: false });
    const lines = Object.fromEntries(report.tables.map(({ table, inserted }) => [table, inserted]));
    for (const table of ['public."order"', 'public."OrderItem"', 'public.stock_movements', 'public."price list"']) assert.ok(lines[table] > 0, `${method}: ${table}: ${JSON.stringify(lines)}`);
  }
});
