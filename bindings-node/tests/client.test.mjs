// `restore` over a client of pg, without psql: what psql's way leaves, and nothing else.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, createReadStream, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { once } from 'node:events';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { Catalog, restore, sync } from '../index.mjs';
import { cut, failure, folder, root, rows, sourceAndTarget, startServer } from './support.mjs';

let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

const url = (database) =>
  `postgresql://postgres@${encodeURIComponent(server.env.PGHOST)}:${server.env.PGPORT}/${database}`;
const dumpOf = (source, ...args) => server.dump(source, '--data-only', ...args);
/** What pg_dump says of a database, but for the lines with its own secrets and the order of rows. */
const state = (database) =>
  server.dump(database, '-a').toString().split('\n').filter((line) => !/^\\(un)?restrict /.test(line)).sort().join('\n');
const counts = ({ tables }) => tables.map(({ table, inserted, updated, unchanged }) => [table, inserted, updated, unchanged]);
const MERGED = [['public."Child"', 166, 0, 334], ['public.parent', 0, 100, 400]];
const AGAIN = [['public."Child"', 0, 0, 500], ['public.parent', 0, 0, 500]];

/** A client that is closed after the test. */
async function connect(t, database, settings = {}) {
  const client = new pg.Client({ ...server.connection(database), ...settings });
  await client.connect();
  t.after(() => client.end().catch(() => {}));
  return client;
}

/** What a run could leave in a session. */
async function session(client) {
  // PL/pgSQL brings settings of its own when it is first used.
  await client.query('DO $$ BEGIN END $$');
  const { rows } = await client.query(`
    SELECT name || '=' || setting AS one FROM pg_settings
    UNION ALL SELECT 'class ' || relname FROM pg_class WHERE relnamespace = pg_my_temp_schema()
    UNION ALL SELECT 'routine ' || proname FROM pg_proc WHERE pronamespace = pg_my_temp_schema()
    UNION ALL SELECT 'prepared ' || name FROM pg_prepared_statements
    UNION ALL SELECT 'lock ' || locktype FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'advisory'
    UNION ALL SELECT 'begun ' || (now() = statement_timestamp()) ORDER BY 1`);
  return [client.listenerCount('error'), ...rows.map(({ one }) => one)];
}

/** It fails with these facts, has changed nothing, and the client is as it was before; returns the error. */
async function refused(target, client, run, facts) {
  const before = [state(target), await session(client)];
  const error = await failure(run, facts);
  assert.deepEqual([state(target), await session(client)], before);
  return error;
}

/** Merges it into two copies of the target, over a client and by psql, and over the client again. */
async function sameAsPsql(t, target, input, options = {}) {
  const [over, byPsql] = [server.create(undefined, target), server.create(undefined, target)];
  const client = await connect(t, over);
  const before = await session(client);
  const outcome = await restore(input(), { client, ...options });
  assert.deepEqual(await session(client), before);
  const wanted = await restore(input(), { to: url(byPsql), binDir: server.bin, ...options });
  assert.equal(state(over), state(byPsql));
  // Names that are not ASCII psql prints in the encoding of the dump.
  const numbers = (one) => counts(one).filter(([, inserted]) => inserted !== null).map(([, ...numbers]) => numbers);
  assert.deepEqual([outcome.ending, numbers(outcome)], ['committed', numbers(wanted)]);
  assert.equal(outcome.input_sha256, wanted.input_sha256);
  const again = await restore(input(), { client, ...options });
  for (const { inserted, updated } of again.tables) assert.deepEqual([inserted ?? 0, updated ?? 0], [0, 0]);
  assert.equal(state(over), state(byPsql));
  await client.end();
  return { over, outcome };
}

test('a dump in every form, and a second time', async (t) => {
  const { source, target } = sourceAndTarget(server);
  const dump = dumpOf(source);
  const file = join(folder(t), 'dump.sql');
  writeFileSync(file, dump);
  const archive = server.dump(source, '-Fc');
  const inputs = {
    path: () => file,
    url: () => new URL(`file://${file}`),
    buffer: () => dump,
    'file stream': () => createReadStream(file),
    'web stream': () => ReadableStream.from(cut(dump, 3000)),
    strings: () => Readable.from([dump.toString()]),
    archive: () => Readable.from(cut(archive, 1000)),
    rows: () => [dumpOf(source, '--column-inserts')],
    whole: () => [server.dump(source)],
    packed: () => [server.dump(source, '-Z1')],
  };
  // One after the other over the same pool, whose clients go back.
  for (const [name, input] of Object.entries(inputs)) {
    const copy = server.create(undefined, target);
    const pool = new pg.Pool({ ...server.connection(copy), max: 1 });
    for (const expected of [MERGED, AGAIN]) {
      const client = await pool.connect();
      const phases = [];
      const outcome = await restore(input(), { client, binDir: server.bin, onProgress: ({ phase }) => phases.push(phase) });
      assert.deepEqual([outcome.ending, counts(outcome)], ['committed', expected], name);
      assert.deepEqual([...new Set(phases)], ['check', 'read', 'merge', 'commit'], name);
      client.release();
    }
    await pool.end();
    assert.equal(rows(server, copy), rows(server, source), name);
  }
  const client = await connect(t, target);
  const binDir = folder(t);
  await refused(target, client, () => restore(archive, { client, binDir }), { code: 'program', message: /pg_restore is not in/ });
});

test('a whole database into empty tables', async (t) => {
  for (const name of ['chinook', 'demo']) {
    const [source, empty] = [server.create(), server.create()];
    const psql = (database, ...args) => {
      const run = spawnSync(join(server.bin, 'psql'), ['-Xq', ...args, database], { env: server.env });
      assert.equal(run.status, 0, String(run.stderr));
    };
    for (const part of ['', '.schema', '.data']) {
      const file = join(root, `testdata/sources/${name}${part}.sql`);
      if (existsSync(file)) psql(source, '-f', file);
    }
    const file = join(folder(t), 'schema.sql');
    writeFileSync(file, server.dump(source, '--schema-only'));
    psql(empty, '-f', file);
    const dump = server.dump(source);
    const { over } = await sameAsPsql(t, empty, () => dump);
    // The records of migration tools are the target's own, and sequences are not moved to where they were.
    const rowsOf = (database) => server.dump(database, '-a', '-T', '*prisma*', '--inserts').toString().split('\n').filter((line) => line.startsWith('INSERT')).sort();
    assert.deepEqual(rowsOf(over), rowsOf(source));
  }
});

test('rows are left out, and what references them', async (t) => {
  const { source, target } = sourceAndTarget(server);
  const options = { exclude: 'public.parent: id <= 250', cascade: 'delete' };
  const whole = server.dump(source);
  const { outcome } = await sameAsPsql(t, target, () => Readable.from(cut(whole, 777)), options);
  const leftOut = Object.fromEntries(outcome.tables.map((table) => [table.table, table.left_out]));
  assert.deepEqual(leftOut, { 'public."Child"': 250, 'public.parent': 250 });
  const catalog = await Catalog.fromSchemaSql(server.dump(source, '--schema-only'));
  const inserts = dumpOf(source, '--inserts');
  await sameAsPsql(t, target, () => inserts, { ...options, catalog });
});

test('names, encodings and long rows', async (t) => {
  const table = 'public."grö""ße\'\\x"';
  const schema = `CREATE TABLE ${table} ("straße\\" text PRIMARY KEY, "co""l'" text)`;
  const source = server.create(schema);
  const target = server.create(schema);
  server.query(source, `INSERT INTO ${table} VALUES ('ä\\', 'ß'), ('\\.', '\\N'), ('x', NULL), ('long', repeat('ü''\\', 1000000))`);
  for (const encoding of ['UTF8', 'LATIN1', 'WIN1252', 'SQL_ASCII']) {
    for (const shape of [[], ['-a', '--column-inserts']]) {
      const dump = server.dump(source, '-E', encoding, ...shape);
      const { over, outcome } = await sameAsPsql(t, target, () => dump);
      assert.equal(outcome.tables[0].inserted, 4);
      assert.equal(state(over), state(source), `${encoding} ${shape}`);
    }
  }
});

test('what is refused has changed nothing', async (t) => {
  const { source, target } = sourceAndTarget(server);
  const dump = dumpOf(source);
  const client = await connect(t, target);
  const over = (input, options) => () => restore(input, { client, ...options });
  for (const part of [0.3, 0.5, 0.999]) {
    const short = dump.subarray(0, Math.floor(dump.length * part));
    const error = await refused(target, client, over(Readable.from([short])), { code: 'truncated' });
    assert.equal(error.outcome.ending, 'rolled_back');
    assert.ok(error.byte > 0);
    const failing = async function* () {
      yield short;
      throw new Error('the line is cut');
    };
    await refused(target, client, over(failing()), { code: 'read' });
  }
  await refused(target, client, over([dump, 'DELETE FROM public.parent;']), { category: 'unsupported' });
  const limit = new Error('too many');
  const beforeCommit = async (outcome) => {
    assert.deepEqual(counts(outcome), MERGED);
    throw limit;
  };
  await refused(target, client, over(dump, { beforeCommit }), { code: 'refused', message: 'too many', cause: limit });
  // Errors while rows are copied, at the first of many, and when they are merged.
  const bad = () => ['COPY public."Child" (id, parent, v) FROM stdin;\nx\t1\t1\n', Buffer.from('1\t1\t1\n'.repeat(2_000_000)), '\\.\n'];
  await refused(target, client, over(bad()), { code: 'database', message: /the target says: ERROR: {2}invalid input syntax for type integer/ });
  server.query(target, `ALTER TABLE public.parent ADD CONSTRAINT c CHECK (v <> 'it''s; row 400') NOT VALID`);
  const error = await refused(target, client, over(dump), { code: 'database', message: /constraint "c".*HINT/ });
  assert.doesNotMatch(`${error.stack}${JSON.stringify(error)}${error.cause}`, /it's; row/);
  server.query(target, 'ALTER TABLE public.parent DROP CONSTRAINT c');
  const before = rows(server, target);
  const dry = await restore(dump, { client, dryRun: true });
  assert.deepEqual([dry.ending, dry.dry_run, counts(dry)], ['rolled_back', true, MERGED]);
  assert.equal(rows(server, target), before);
  const seen = [];
  const outcome = await restore(dump, { client, beforeCommit: ({ ending }) => seen.push(ending) });
  assert.deepEqual([seen, outcome.ending], [['rolled_back'], 'committed']);
  assert.equal(server.query(target, `SELECT pg_xact_status('${outcome.transaction_id}')`), 'committed');
  assert.equal(rows(server, target), rows(server, source));
});

test('it is stopped at any point', async (t) => {
  const { source, target } = sourceAndTarget(server);
  const dump = dumpOf(source);
  const client = await connect(t, target);
  for (const phase of ['check', 'read', 'merge']) {
    const controller = new AbortController();
    const onProgress = (step) => step.phase === phase && controller.abort();
    const run = () => restore(Readable.from(cut(dump, 5000)), { client, onProgress, signal: controller.signal });
    await refused(target, client, run, { name: 'AbortError', code: 'aborted' });
  }
  // The dump comes from somebody who has stopped to write, within a COPY.
  const stalls = async function* () {
    yield dump.subarray(0, 10_000);
    await new Promise(() => {});
  };
  const stalled = new AbortController();
  const abortInCopy = async () => {
    const copies = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'COPY %'";
    while (server.query(target, copies) === '0') await sleep(10);
    stalled.abort();
  };
  const copy = () => Promise.all([restore(stalls(), { client, signal: stalled.signal }), abortInCopy()]);
  await refused(target, client, copy, { name: 'AbortError' });
  // The server waits for a lock, as long as it may: a request to cancel ends that.
  const other = await connect(t, target);
  await other.query('BEGIN; LOCK TABLE public.parent IN ROW EXCLUSIVE MODE');
  const waiting = new AbortController();
  const abort = async () => {
    while (server.query(target, 'SELECT count(*) FROM pg_locks WHERE NOT granted') === '0') await sleep(10);
    waiting.abort();
  };
  const run = () => Promise.all([restore(dump, { client, signal: waiting.signal }), abort()]);
  await refused(target, client, run, { name: 'AbortError' });
  await other.query('ROLLBACK');
  const thrown = () => { throw new TypeError('mine'); };
  await refused(target, client, () => restore(dump, { client, onProgress: thrown }), { message: 'mine' });
  const controller = new AbortController();
  controller.abort();
  await refused(target, client, () => restore(dump, { client, signal: controller.signal }), { name: 'AbortError' });
});

test('a server that goes away', async (t) => {
  const { source, target } = sourceAndTarget(server);
  const dump = dumpOf(source);
  const before = state(target);
  for (const phase of ['read', 'merge', 'commit']) {
    const client = await connect(t, target);
    client.on('error', () => {});
    const onProgress = (step) => {
      if (step.phase !== phase) return;
      server.query(target, `SELECT pg_terminate_backend(${client.processID}, 10000)`);
    };
    const error = await restore(dump, { client, onProgress }).then(() => assert.fail('it has not failed'), (error) => error);
    assert.deepEqual([error.code, error.outcome?.ending], ['database', 'rolled_back'], error.stack);
    assert.equal(state(target), before);
  }
});

test('clients that cannot be used', async (t) => {
  const { source, target } = sourceAndTarget(server);
  const dump = dumpOf(source);
  const before = state(target);
  const client = await connect(t, target);
  const pool = new pg.Pool(server.connection(target));
  const unconnected = new pg.Client(server.connection(target));
  for (const [options, message] of [
    [{ client: pool }, /is a Pool/],
    [{ client: unconnected }, /is not connected/],
    [{ client: {} }, /is a Client of pg/],
    [{ client: 'driver' }, /`client` can only be 'psql' here/],
    [{ client, to: url(target) }, /two targets/],
    [{ client, style: 'rows' }, /`style` can only be 'staged' here/],
    [{ client, dryrun: true }, /did you mean dryRun/],
  ]) {
    await refused(target, client, () => restore(dump, options), { code: 'invalid_option', message });
  }
  await refused(target, client, () => sync({ from: url(source), client }), { code: 'invalid_option' });
  await refused(target, client, () => restore(7, { client }), { code: 'invalid_argument' });
  await pool.end();
  // A transaction of the caller's goes on.
  await client.query('BEGIN; CREATE TEMPORARY TABLE own ()');
  await assert.rejects(restore(dump, { client }), { code: 'invalid_option', message: /is in a transaction/ });
  await client.query('SELECT FROM own; ROLLBACK');
  assert.equal(state(target), before);
});

/** pgbouncer in transaction mode, with one connection to each database; null where it is not installed. */
async function startPooler(t) {
  const program = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer', '/usr/local/bin/pgbouncer'].find((path) => existsSync(path));
  if (program === undefined) return undefined;
  const path = mkdtempSync(join(tmpdir(), 'dumpsert-pooler-'));
  chmodSync(path, 0o777);
  writeFileSync(join(path, 'users'), '"postgres" ""\n');
  writeFileSync(join(path, 'pgbouncer.ini'), `[databases]
* = host=${server.env.PGHOST} port=${server.env.PGPORT} user=postgres
[pgbouncer]
unix_socket_dir = ${path}
listen_port = 6432
listen_addr =
auth_type = trust
auth_file = ${path}/users
pool_mode = transaction
default_pool_size = 1
`);
  // It does not want to be root; who starts the server then is somebody else as well.
  const user = process.getuid() === 0 ? ['-u', 'postgres'] : [];
  const child = spawn(program, ['-q', ...user, join(path, 'pgbouncer.ini')], { stdio: 'ignore' });
  t.after(async () => {
    child.kill();
    if (child.exitCode === null) await once(child, 'exit');
    rmSync(path, { recursive: true, force: true });
  });
  while (!existsSync(join(path, '.s.PGSQL.6432'))) {
    assert.equal(child.exitCode, null, 'pgbouncer has ended');
    await sleep(10);
  }
  return { host: path, port: 6432 };
}

test('through a pooler', async (t) => {
  const pooler = await startPooler(t);
  if (pooler === undefined) return t.skip('pgbouncer is not installed');
  const { source, target } = sourceAndTarget(server);
  const dump = dumpOf(source);
  const client = await connect(t, target, pooler);
  const neighbour = await connect(t, target, pooler);
  const clean = await session(neighbour);
  await refused(target, neighbour, () => restore(dump.subarray(0, -99), { client }), { code: 'truncated' });
  for (const expected of [MERGED, AGAIN]) assert.deepEqual(counts(await restore(dump, { client })), expected);
  // It is the one connection to the server that they share.
  assert.deepEqual(await session(neighbour), clean);
  assert.equal(rows(server, target), rows(server, source));
  await Promise.all([client.end(), neighbour.end()]);
});

test('the package works without pg-copy-streams, and says so', () => {
  const script = `
    const Module = require('node:module');
    const load = Module._load;
    Module._load = (name, ...rest) => {
      if (name === 'pg-copy-streams') throw Object.assign(new Error('none'), { code: 'MODULE_NOT_FOUND' });
      return load(name, ...rest);
    };
    const { restore } = require('./index.js');
    restore('x', { client: { query() {} } }).catch((error) => console.log(error.code, error.message));`;
  const { stdout } = spawnSync(process.execPath, ['-e', script], { cwd: join(root, 'bindings-node') });
  assert.match(stdout.toString(), /^invalid_option .*npm install pg-copy-streams/);
  assert.match(readFileSync(join(root, 'bindings-node/package.json'), 'utf8'), /"pg-copy-streams": \{ "optional": true \}/);
});

test('rows that the dump does not have are deleted', async (t) => {
  const { source, target } = sourceAndTarget(server);
  const client = await connect(t, target);
  await refused(target, client, () => restore(dumpOf(source), { client, prune: true, pruneMax: '0%' }), { message: /prune_max permits 0/ });
  const outcome = await restore(dumpOf(source), { client, prune: true, pruneMax: 1 });
  assert.deepEqual(outcome.tables.map(({ deleted }) => deleted), [0, 1]);
  assert.equal(state(target), state(source));
  const again = await restore(dumpOf(source), { client, prune: true, pruneMax: 0 });
  assert.deepEqual(again.tables.map(({ deleted }) => deleted), [0, 0]);
});
