// `npm run demo`: a PostgreSQL of its own, two servers that know each other, rows to copy. Prints two addresses, opens nothing;
// Ctrl-C ends and removes everything.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { randomBytes } from 'node:crypto';
import { DIVERGE, seed } from './seed.js';

const root = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'initial-load-demo-'));
const children = [];

function end(status) {
  for (const child of children) child.kill('SIGTERM');
  // The server of PostgreSQL goes when its standard input ends, as that of this process does.
  rmSync(folder, { recursive: true, force: true });
  process.exit(status);
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => end(0));

async function postgres() {
  const child = spawn('sh', [join(root, '../../testkit/server.sh')], { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  const lines = [];
  for await (const line of createInterface({ input: child.stdout })) if (lines.push(line) === 3) break;
  if (lines.length < 3) throw new Error('PostgreSQL has not started');
  const [host, , bin] = lines;
  return { bin, run(program, args, input) {
    const { status, stderr } = spawnSync(join(bin, program), args, { env: { ...process.env, PGHOST: host, PGUSER: 'postgres' }, input });
    if (status !== 0) throw new Error(`${program}: ${stderr}`);
  }, url: (name) => `postgresql://postgres@${encodeURIComponent(host)}:5432/${name}` };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function app(node, database, server, shared) {
  const url = server.url(database);
  const env = { ...process.env, ...shared, NODE_ENV: 'production', NODE_ID: node.id, DATABASE_URL: url, DIRECT_URL: url, PG_BIN: server.bin, PORT: String(node.port), SPOOL_DIR: folder };
  const child = spawn(process.execPath, ['server.js'], { cwd: root, env, stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  child.once('exit', (status) => end(status ?? 1));
  for await (const line of createInterface({ input: child.stdout })) if (/ listens on /.test(line)) break;
  child.stdout.resume();
}

if (!existsSync(join(root, '.next/BUILD_ID'))) {
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, 'build.js')], { stdio: 'inherit' });
  if (status !== 0) end(1);
}
console.log('starting PostgreSQL and both servers …');
const server = await postgres();
const source = { id: 'source-1', port: await freePort() };
const target = { id: 'target-1', port: await freePort() };
const address = ({ port }) => `http://127.0.0.1:${port}`;
server.run('createdb', ['source']);
const migrations = join(root, 'prisma/migrations');
for (const name of readdirSync(migrations).filter((one) => /^\d/.test(one)).sort()) server.run('psql', ['-Xqv', 'ON_ERROR_STOP=1', '-f', join(migrations, name, 'migration.sql'), 'source']);
server.run('psql', ['-Xqv', 'ON_ERROR_STOP=1', '-f', '-', 'source'], seed());
server.run('createdb', ['-T', 'source', 'target']);
server.run('psql', ['-Xqv', 'ON_ERROR_STOP=1', '-f', '-', 'target'], DIVERGE);
const know = (node, mayWrite) => `INSERT INTO "SyncNodes" VALUES ('${node.id}', '${node.id}', '${address(node)}', true, ${mayWrite})`;
server.run('psql', ['-Xqc', know(target, false), 'source']);
server.run('psql', ['-Xqc', `${know(source, true)}; INSERT INTO "SyncNodes" VALUES ('old-till', 'old-till', 'http://127.0.0.1:9', true, false)`, 'target']);
const password = 'demo';
const shared = { SYNC_KEY: randomBytes(32).toString('hex'), ADMIN_PASSWORD: password };
await Promise.all([app(source, 'source', server, shared), app(target, 'target', server, shared)]);
console.log(`
  source   ${address(source)}/admin/initial-load
  target   ${address(target)}/admin/initial-load
  password ${password}

12,000 products of nine businesses, of which five are demo; the target is an older copy with rows of its own.
Ctrl-C ends and removes everything.`);
