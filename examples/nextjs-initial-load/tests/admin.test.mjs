// clear-stuck, clear-locks, manual-sql, spool, no-tools, portable: what administrators do by hand.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { DIVERGE, seed } from '../scripts/seed.js';
import { begin, cleanups, completed, ended, folder, load, programs, root, sharedPair, startPostgres, until } from './support.mjs';

const file = cleanups();
let postgres, pair, gate;
before(async () => {
  postgres = await startPostgres(file);
  gate = join(folder(file), 'gate');
  // pg_dump stands still while the file is there; without its folder it cannot be found.
  const bin = programs(file, postgres, { pg_dump: `if [ -e ${gate} ]; then echo > ${gate}.here; while [ -e ${gate} ]; do sleep 0.05; done; fi\nexec $REAL "$@"` });
  pair = await sharedPair(file, postgres, { sourceEnv: { PG_BIN: bin } });
});
after(file.run);
afterEach(() => release());

const fresh = async () => {
  const copy = postgres.create(seed(120));
  await pair.use(copy, postgres.create(DIVERGE, copy));
};

/** Starts a run whose pg_dump stands still. */
async function held() {
  spawnSync('rm', ['-f', `${gate}.here`]);
  writeFileSync(gate, '');
  const sessionId = await begin(pair.from, { demo: false });
  await until('pg_dump stands', () => existsSync(`${gate}.here`));
  return sessionId;
}
const release = () => spawnSync('rm', ['-f', gate]);

function script(name, args = [], database = pair.source, cwd = root) {
  const env = { PATH: process.env.PATH, DIRECT_URL: postgres.url(database) };
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'scripts', name), ...args], { env, cwd });
  return { status, said: `${stdout}${stderr}` };
}

const DEAD = `INSERT INTO "InitialLoadSessions" ("sessionId", direction, method, peer, status, phase, progress, "currentStep")
  VALUES ('dead-session-1', 'receive', 'backup', 'source-1', 'TRANSFERRING', 'transfer', 71, 'receiving')`;
const statusOf = (sessionId) => postgres.sql(pair.source, `SELECT status FROM "InitialLoadSessions" WHERE "sessionId" = '${sessionId}'`);

test('clear-stuck: lists, changes nothing with --dry-run, ends dead sessions only, live ones with --force', async () => {
  await fresh();
  const sessionId = await held();
  postgres.sql(pair.source, DEAD);
  const dry = script('clear-stuck-initial-load.js', ['--dry-run']);
  assert.match(dry.said, /would end as FAILED: dead-session-1 .*71 %/);
  assert.match(dry.said, new RegExp(`runs: ${sessionId}`));
  assert.match(dry.said, /2 running by their rows, 1 would be ended, 1 left alone/);
  assert.equal(statusOf('dead-session-1'), 'TRANSFERRING');
  const cleared = script('clear-stuck-initial-load.js');
  assert.match(cleared.said, /ended as FAILED: dead-session-1/);
  assert.equal(statusOf('dead-session-1'), 'FAILED');
  assert.match(statusOf(sessionId), /PREPARING|TRANSFERRING/, 'it lives, and stays');
  const forced = script('clear-stuck-initial-load.js', ['--force']);
  assert.match(forced.said, new RegExp(`ended as FAILED: ${sessionId}`));
  assert.equal(statusOf(sessionId), 'FAILED');
  // It sees that by itself, though pg_dump still stands: the next start works.
  const next = await begin(pair.from, { demo: false });
  release();
  assert.equal((await ended(pair.from, next)).status, 'COMPLETED');
  assert.equal(statusOf(sessionId), 'FAILED');
  assert.equal(script('clear-stuck-initial-load.js', ['--frce']).status, 2);
});

test('stuck at 71 %: a row of a dead process blocks nothing', async () => {
  await fresh();
  postgres.sql(pair.source, DEAD);
  postgres.sql(pair.target, DEAD);
  await completed(pair.from, { demo: false });
  assert.equal(statusOf('dead-session-1'), 'FAILED');
});

test('busy: a second start is told which run is in the way', async () => {
  await fresh();
  const sessionId = await held();
  const { status, body } = await pair.from.admin('POST', '/initial-load', { peer: 'target-1' });
  assert.equal(status, 409);
  assert.equal(body.sessionId, sessionId);
  assert.equal(typeof body.progress, 'number');
  assert.equal(typeof body.currentStep, 'string');
  release();
  assert.equal((await ended(pair.from, sessionId)).status, 'COMPLETED');
});

test('manual-sql: the UPDATE and the SELECT that administrators type', async () => {
  await fresh();
  const sessionId = await held();
  const shown = postgres.sql(pair.source, `SELECT "sessionId", status, progress, "currentStep", "startedAt" FROM "InitialLoadSessions" ORDER BY "startedAt" DESC LIMIT 10`);
  assert.match(shown, new RegExp(`^${sessionId}\\|(PREPARING|TRANSFERRING)\\|`));
  postgres.sql(pair.source, `UPDATE "InitialLoadSessions" SET status = 'FAILED', "errorMessage" = 'Manually cleared', "completedAt" = NOW() WHERE status IN ('PREPARING', 'TRANSFERRING')`);
  const before = postgres.dump(pair.target);
  await until('the run has let go', () => postgres.sql(pair.source, `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 1768714869`) === '0');
  release();
  assert.deepEqual(postgres.dump(pair.target), before);
  assert.equal((await pair.from.admin('GET', `/initial-load/${sessionId}`)).body.errorMessage, 'Manually cleared');
  await completed(pair.from, { demo: false });
});

test('clear-locks: a failed migration and a file are cleared, a running one only with --force', async (t) => {
  const database = postgres.create(`
    CREATE TABLE "_prisma_migrations" (id varchar(36) PRIMARY KEY, checksum varchar(64) NOT NULL, finished_at timestamptz, migration_name varchar(255) NOT NULL,
      logs text, rolled_back_at timestamptz, started_at timestamptz NOT NULL DEFAULT now(), applied_steps_count integer NOT NULL DEFAULT 0);
    INSERT INTO "_prisma_migrations" (id, checksum, migration_name, finished_at, rolled_back_at) VALUES
      ('1', 'x', '1_done', now(), NULL), ('2', 'x', '2_failed', NULL, NULL), ('3', 'x', '3_rolled_back', NULL, '2026-01-01')`);
  const cwd = folder(t);
  writeFileSync(join(cwd, '.migration.lock'), '');
  const migrating = await postgres.connect(t, database);
  await migrating.query('SELECT pg_advisory_lock(72707369)');
  const kept = script('clear-migration-locks.js', [], database, cwd);
  assert.equal(kept.status, 1);
  assert.match(kept.said, /a migration is running.*\nnothing was touched/);
  const rows = () => postgres.sql(database, `SELECT string_agg(migration_name || ':' || (rolled_back_at IS NOT NULL), ' ' ORDER BY id) FROM "_prisma_migrations"`);
  assert.equal(rows(), '1_done:false 2_failed:false 3_rolled_back:true');
  assert.ok(existsSync(join(cwd, '.migration.lock')));
  const forced = script('clear-migration-locks.js', ['--force'], database, cwd);
  assert.equal(forced.status, 0, forced.said);
  assert.equal(rows(), '1_done:false 2_failed:true 3_rolled_back:true');
  assert.equal(postgres.sql(database, `SELECT rolled_back_at::date FROM "_prisma_migrations" WHERE id = '3'`), '2026-01-01');
  assert.ok(!existsSync(join(cwd, '.migration.lock')));
  assert.match(script('clear-migration-locks.js', [], database, cwd).said, /no migration has failed/);
});

test('clear-locks: a migration that prisma migrate deploy has failed at runs again', async (t) => {
  const database = postgres.create('', 'template0');
  // Programs that are looked for and not run: without them Prisma would download its own.
  const engines = { PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, PRISMA_QUERY_ENGINE_LIBRARY: process.execPath };
  const deploy = () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'node_modules/prisma/build/index.js'), 'migrate', 'deploy', '--config', join(root, 'tests/failed-migration/prisma.config.mjs')], {
      encoding: 'utf8', env: { ...process.env, ...engines, DATABASE_URL: postgres.url(database), PRISMA_HIDE_UPDATE_MESSAGE: '1', CHECKPOINT_DISABLE: '1' },
    });
    return { status, said: stdout + stderr };
  };
  const failed = deploy();
  assert.notEqual(failed.status, 0, failed.said);
  assert.match(failed.said, /division by zero/);
  const blocked = deploy();
  assert.notEqual(blocked.status, 0);
  assert.match(blocked.said, /P3009/, 'a failed migration blocks every other one');
  postgres.sql(database, 'INSERT INTO "Setting" VALUES (1, 50)');
  assert.match(deploy().said, /P3009/, 'also when its reason has gone');
  const cleared = script('clear-migration-locks.js', [], database, folder(t));
  assert.equal(cleared.status, 0, cleared.said);
  assert.match(cleared.said, /marked as rolled back: 2_fails/);
  const done = deploy();
  assert.equal(done.status, 0, done.said);
  assert.equal(postgres.sql(database, 'SELECT id, note FROM "Share"'), '100|a; b');
  assert.equal(postgres.sql(database, `SELECT string_agg(migration_name || ':' || (finished_at IS NOT NULL) || ':' || (rolled_back_at IS NOT NULL), ' ' ORDER BY started_at) FROM "_prisma_migrations"`),
    '1_settings:true:false 2_fails:false:true 2_fails:true:false');
});

test('manual: the commands of the README', async (t) => {
  await fresh();
  const [, commands] = /```sh\n(pg_dump [^]*?)```/.exec(readFileSync(join(root, 'README.md'), 'utf8'));
  assert.match(commands, /dumpsert convert[^]*psql[^]*dumpsert restore/);
  const env = { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${postgres.bin}:${process.env.PATH}`, SOURCE: postgres.url(pair.source), TARGET: postgres.url(pair.target) };
  const { status, stdout, stderr } = spawnSync('sh', ['-ec', commands.replaceAll('npx ', '')], { env, cwd: folder(t), encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  assert.match(stdout, /0 inserted, 0 updated, \d+ unchanged/, 'the second way finds nothing to do');
  const local = ['devices', 'printers', 'refresh_tokens', 'audit_log'].map((name) => `--exclude-table=${name}`);
  assert.deepEqual(postgres.dump(pair.target, ...local).filter((line) => !/only-here/.test(line)), postgres.dump(pair.source, ...local));
});

test('spool: by way of a file, which is kept when the restore fails, and only then', async () => {
  await fresh();
  const files = () => (existsSync(pair.to.spool) ? readdirSync(pair.to.spool, { recursive: true }).filter((name) => /\.(part|backup|kept)$/.test(name)) : []);
  await completed(pair.from, { demo: false, spool: true });
  assert.deepEqual(files(), []);
  postgres.sql(pair.source, `ALTER TABLE products DROP CONSTRAINT price_small; UPDATE products SET price = 5000000 WHERE id = 'p59'`);
  const session = await load(pair.from, { demo: false, spool: true });
  assert.equal(session.status, 'FAILED');
  assert.match(session.errorMessage, /price_small.*the backup is kept as/);
  assert.deepEqual(files().length, 1);
  const kept = join(pair.to.spool, files()[0]);
  assert.match(session.errorMessage, new RegExp(`${kept.split('/').pop()}$`));
  assert.equal(statSync(kept).mode & 0o777, 0o600);
  assert.match(gunzipSync(readFileSync(kept)).toString(), /INSERT INTO public\.products/);
  // Without being asked to, nothing is kept.
  const plain = await load(pair.from, { demo: true });
  assert.equal(plain.status, 'FAILED');
  assert.equal(files().length, 1);
});

test('no-tools: a missing program is said before the start, with how to install it', async () => {
  await fresh();
  const bin = pair.from.env.PG_BIN;
  const before = postgres.sql(pair.source, 'SELECT count(*) FROM "InitialLoadSessions"');
  spawnSync('mv', [join(bin, 'pg_dump'), join(bin, 'away')]);
  const { status, body } = await pair.from.admin('POST', '/initial-load', { peer: 'target-1' });
  spawnSync('mv', [join(bin, 'away'), join(bin, 'pg_dump')]);
  assert.equal(status, 503);
  assert.match(body.error, /pg_dump is missing on source-1: install .*apt-get install postgresql-client/);
  assert.equal(postgres.sql(pair.source, 'SELECT count(*) FROM "InitialLoadSessions"'), before);
});

test('portable: npm scripts are plain `node …`, which every shell runs', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const [name, text] of Object.entries(scripts)) assert.match(text, /^node( --[\w-]+(=[\w.-]+)?)* [\w./-]+( [\w./*-]+)*$/, name);
});
