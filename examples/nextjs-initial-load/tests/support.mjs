// What the tests share: a PostgreSQL that is gone when this process is, databases, servers of the app, a proxy, requests.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');
export const KEY = 'a-key-of-the-tests-that-is-long-enough';
export const PASSWORD = 'the password of the tests';

/** Waits until `look` gives something; fails after a time that only a hanging test needs. */
export async function until(what, look, seconds = 300) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) assert.fail(`in vain: ${what}`);
    await sleep(50);
  }
}

/** What a file of tests does at its end, the last first: as `after` of a test. */
export function cleanups() {
  const all = [];
  const run = async () => {
    for (const one of all.reverse()) await one();
  };
  return { after: (one) => all.push(one), run };
}

export function folder(t, name = 'initial-load-test-') {
  const path = mkdtempSync(join(tmpdir(), name));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A throw-away PostgreSQL, until `t` ends. */
export async function startPostgres(t) {
  const child = spawn('sh', [join(root, '../../testkit/server.sh')], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = [];
  for await (const line of createInterface({ input: child.stdout })) if (lines.push(line) === 3) break;
  assert.equal(lines.length, 3, 'PostgreSQL has not started');
  const [host, , bin] = lines;
  const run = (program, args, input) => {
    const env = { ...process.env, PGHOST: host, PGUSER: 'postgres', PGOPTIONS: '-c client_min_messages=warning' };
    const { status, stdout, stderr } = spawnSync(join(bin, program), args, { env, input, maxBuffer: 1 << 28 });
    if (status !== 0) throw new Error(`${program}: ${stderr}`);
    return stdout.toString().trim();
  };
  try {
    run('createdb', ['-T', 'template0', 'template_app']);
    const migrations = readdirSync(join(root, 'prisma/migrations')).filter((name) => /^\d/.test(name)).sort();
    for (const name of migrations) run('psql', ['-Xqv', 'ON_ERROR_STOP=1', '-f', join(root, 'prisma/migrations', name, 'migration.sql'), 'template_app']);
  } catch (error) {
    // It would keep this process alive.
    child.stdin.end();
    throw error;
  }
  let count = 0;
  t.after(async () => {
    child.stdin.end();
    await once(child, 'exit');
  });
  return {
    host,
    bin,
    run,
    url: (database) => `postgresql://postgres@${encodeURIComponent(host)}:5432/${database}`,
    /** A database with the tables of the app, or a copy of another one. */
    create(sql, template = 'template_app') {
      const name = `app_${(count += 1)}`;
      run('createdb', ['-T', template, name]);
      if (sql) this.sql(name, sql);
      return name;
    },
    sql: (database, text) => run('psql', ['-XAtqv', 'ON_ERROR_STOP=1', '-f', '-', database], text),
    async connect(t, database) {
      const client = new pg.Client({ host, user: 'postgres', database });
      client.on('error', () => {});
      await client.connect();
      t.after(() => client.end());
      return client;
    },
    /** All rows of the app's own tables, without what belongs to one server. */
    dump(database, ...args) {
      const local = ['"InitialLoadSessions"', '"SyncNodes"', '"SyncNonces"'].map((name) => `--exclude-table=${name}`);
      const text = run('pg_dump', ['--data-only', '--column-inserts', ...local, ...args, database]);
      return text.split('\n').filter((line) => line.startsWith('INSERT')).sort();
    },
  };
}

export function isPresent(pid) {
  try {
    // A zombie has ended.
    return !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** None is left when the tests end, however they end. */
const children = new Set();
process.on('exit', () => children.forEach((child) => child.kill('SIGKILL')));

/** Starts the app that was built. */
export async function startApp(t, postgres, nodeId, database, env = {}) {
  assert.ok(existsSync(join(root, '.next/BUILD_ID')), 'the app is not built: npm run build');
  const url = postgres.url(database);
  const spool = env.SPOOL_DIR ?? folder(t);
  const settings = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    NODE_ENV: 'production',
    NEXT_TELEMETRY_DISABLED: '1',
    TMPDIR: spool,
    NODE_ID: nodeId,
    SYNC_KEY: KEY,
    SYNC_ASK_SECONDS: '3',
    ADMIN_PASSWORD: PASSWORD,
    DATABASE_URL: url,
    DIRECT_URL: url,
    PG_BIN: postgres.bin,
    SPOOL_DIR: spool,
    PORT: '0',
    ...env,
  };
  const child = spawn(process.execPath, ['server.js'], { cwd: root, env: settings, stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  let log = '';
  child.stderr.on('data', (text) => (log += text));
  const app = { nodeId, database, spool, env, child, address: undefined, cookie: undefined, log: () => log };
  const listening = new Promise((resolve) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      log += `${line}\n`;
      const [, address] = /listens on (http:\S+)/.exec(line) ?? [];
      if (address) resolve((app.address = address));
    });
  });
  app.kill = async (signal = 'SIGKILL') => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  };
  t.after(() => app.kill());
  const gone = once(child, 'exit').then(() => Promise.reject(new Error(`the app has ended: ${log}`)));
  gone.catch(() => {});
  await Promise.race([listening, gone]);
  // It listens before it has looked whether it can work; a request waits for that.
  const login = await fetch(`${app.address}/api/admin/login`, { method: 'POST', body: JSON.stringify({ password: PASSWORD }) }).catch(() => gone);
  app.cookie = login.headers.get('set-cookie').split(';')[0];
  app.admin = (method, path, body) => admin(app, method, path, body);
  return app;
}

/** A request of the administrator. */
async function admin(app, method, path, body) {
  const response = await fetch(`${app.address}/api/admin/sync${path}`, { method, headers: { cookie: app.cookie }, body: body && JSON.stringify(body) });
  return { status: response.status, body: await response.json() };
}

/** Makes `address` known to an app as that of its peer. */
export function introduce(postgres, database, nodeId, address, mayWriteHere = false) {
  postgres.sql(database, `
    INSERT INTO "SyncNodes" VALUES ('${nodeId}', '${nodeId}', '${address}', true, ${mayWriteHere})
    ON CONFLICT ("nodeId") DO UPDATE SET url = excluded.url`);
}

/** Two apps that know each other: the source may load into the target. */
export async function startPair(t, postgres, { source, target, sourceEnv, targetEnv, address = (target) => target } = {}) {
  const [from, to] = await Promise.all([
    startApp(t, postgres, 'source-1', source, sourceEnv),
    startApp(t, postgres, 'target-1', target, targetEnv),
  ]);
  introduce(postgres, source, 'target-1', await address(to.address));
  introduce(postgres, target, 'source-1', from.address, true);
  return { from, to };
}

/**
 * One pair for all tests of a file, since a start takes a while, and nevertheless a database per test: `use` gives the names that the
 * apps know to other databases.
 */
export async function sharedPair(t, postgres, options = {}) {
  for (const name of ['source_now', 'target_now']) postgres.run('createdb', ['-T', 'template_app', name]);
  const pair = await startPair(t, postgres, { ...options, source: 'source_now', target: 'target_now' });
  const urls = {};
  for (const [side, peer] of [['source', 'target-1'], ['target', 'source-1']]) {
    urls[side] = postgres.sql(`${side}_now`, `SELECT url FROM "SyncNodes" WHERE "nodeId" = '${peer}'`);
  }
  let count = 0;
  const change = (side, database) => {
    const name = `${side}_now`;
    const away = `was_${side}_${(count += 1)}`;
    const end = (one) => `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${one}' AND pid <> pg_backend_pid();`;
    // A pool that has just lost its connections makes new ones at once.
    postgres.sql('postgres', `ALTER DATABASE ${name} ALLOW_CONNECTIONS false; ${end(name)} SELECT pg_sleep(0.05); ${end(name)}
      ALTER DATABASE ${name} RENAME TO ${away}; ALTER DATABASE ${away} ALLOW_CONNECTIONS true; ${end(database)} ALTER DATABASE ${database} RENAME TO ${name}`);
  };
  pair.use = async (source, target) => {
    change('source', source);
    change('target', target);
    introduce(postgres, 'source_now', 'target-1', urls.source);
    introduce(postgres, 'target_now', 'source-1', urls.target, true);
    for (const app of [pair.from, pair.to]) await until('an answer', async () => (await app.admin('GET', '/initial-load')).status === 200);
  };
  return Object.assign(pair, { source: 'source_now', target: 'target_now' });
}

/** Starts a load; returns the id of the session. */
export async function begin(app, options = {}) {
  const { status, body } = await app.admin('POST', '/initial-load', { peer: 'target-1', ...options });
  assert.equal(status, 202, JSON.stringify(body));
  return body.sessionId;
}

/** The session once it has ended. */
export const ended = (app, sessionId) =>
  until(`the end of ${sessionId}: ${app.log().slice(-2000)}`, async () => {
    const { body } = await app.admin('GET', `/initial-load/${sessionId}`);
    return body.completedAt && body;
  });

/** Runs a load to its end. */
export async function load(app, options) {
  return ended(app, await begin(app, options));
}

export async function completed(app, options) {
  const session = await load(app, options);
  assert.equal(session.status, 'COMPLETED', `${session.errorMessage}\n${app.log().slice(-3000)}`);
  return session;
}

/** Signs as the README says it, without the app's own code. */
export function sign(method, path, { from = 'source-1', to = 'target-1', session = '', key = KEY, time = Date.now(), nonce = randomUUID() } = {}) {
  const parts = [method, path, from, to, String(time), nonce, session];
  const signature = createHmac('sha256', key).update('request\n').update(parts.join('\n')).digest('hex');
  return { 'X-Node-ID': from, 'X-Sync-Timestamp': String(time), 'X-Sync-Nonce': nonce, 'X-Sync-Session': session, 'X-Sync-Signature': signature };
}

export const sealOf = (body, signature, key = KEY) => createHmac('sha256', key).update(`body\n${signature}\n`).update(body).digest();

/** A folder of programs that stand before those of PostgreSQL: `{psql: 'shell text'}`. Others are passed through. */
export function programs(t, postgres, texts) {
  const bin = folder(t);
  for (const name of ['psql', 'pg_dump', 'pg_restore']) {
    const real = `${postgres.bin}/${name}`;
    const text = texts[name] ?? `exec ${real} "$@"`;
    writeFileSync(join(bin, name), `#!/bin/sh\n[ "$1" = --version ] && exec ${real} --version\nREAL=${real}\n${text}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  return bin;
}

export function makeFolder(path) {
  mkdirSync(path, { recursive: true });
  return path;
}
