// proxies, pooler: what stands between the servers, or between a server and its database. The settings are those of docs/into-your-app.md.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { seed } from '../scripts/seed.js';
import { begin, cleanups, completed, ended, folder, introduce, load, root, sharedPair, startApp, startPostgres, until } from './support.mjs';

const file = cleanups();
const documented = readFileSync(join(root, '../../docs/into-your-app.md'), 'utf8');
let postgres, pair, target;
before(async () => {
  postgres = await startPostgres(file);
  pair = await sharedPair(file, postgres, { address: async (address) => (target = address) });
});
after(file.run);

/** A block of the document that is marked so. */
const block = (kind) => new RegExp(`\`\`\`${kind}\\n([^]*?)\`\`\``).exec(documented)[1];
const installed = (name) => [`/usr/sbin/${name}`, `/usr/bin/${name}`].find((path) => existsSync(path));

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

/** Runs a program until `t` ends. */
function run(t, program, args, options) {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], ...options });
  let log = '';
  child.stderr.on('data', (text) => (log += text));
  t.after(async () => {
    if (child.exitCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  });
  return { child, log: () => log };
}

const answers = (address, proxy) =>
  until('the proxy answers', async () => {
    assert.equal(proxy.child.exitCode, null, proxy.log());
    return fetch(`${address}/admin/initial-load`).then(({ status }) => status < 500, () => false);
  });

/** nginx with these locations before the target. */
async function nginx(t, locations) {
  const here = folder(t);
  const port = await freePort();
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${here}/${name};`).join('\n');
  writeFileSync(join(here, 'nginx.conf'), `
    daemon off; pid ${here}/pid; error_log stderr; ${process.getuid() === 0 ? 'user root;' : ''}
    events {}
    http { access_log off; ${paths} server { listen 127.0.0.1:${port}; ${locations.replaceAll('http://127.0.0.1:3000', target)} } }`);
  const proxy = run(t, installed('nginx'), ['-c', join(here, 'nginx.conf'), '-p', here, '-e', 'stderr']);
  const address = `http://127.0.0.1:${port}`;
  await answers(address, proxy);
  return address;
}

/** Caddy with the block of the document before the target. */
async function caddy(t, text) {
  const here = folder(t);
  const port = await freePort();
  const site = text.replace('example.org', `http://127.0.0.1:${port}`).replace('127.0.0.1:3000', new URL(target).host);
  writeFileSync(join(here, 'Caddyfile'), `{\n\tadmin off\n\tauto_https off\n}\n${site}`);
  const proxy = run(t, installed('caddy'), ['run', '--config', join(here, 'Caddyfile')], { env: { ...process.env, HOME: here, XDG_DATA_HOME: here, XDG_CONFIG_HOME: here } });
  const address = `http://127.0.0.1:${port}`;
  await answers(address, proxy);
  return address;
}

/** A load of some megabytes through `address`, whose progress is seen there. */
async function loads(address) {
  const source = postgres.create(seed(12_000));
  await pair.use(source, postgres.create());
  introduce(postgres, pair.source, 'target-1', address);
  const session = await completed(pair.from, { demo: false, compress: false });
  assert.ok(session.bytes > 2_000_000, `${session.bytes}`);
  assert.equal(session.report.tables.find(({ table }) => table === 'public.products').inserted, 12_000);
  // The page behind the proxy, and its events: the first comes although the answer does not end.
  const events = await fetch(`${address}/api/admin/sync/initial-load/${session.sessionId}/events`, { headers: { cookie: pair.to.cookie } });
  assert.equal(events.status, 200);
  const { value } = await events.body.getReader().read();
  assert.match(Buffer.from(value).toString(), /COMPLETED/);
}

test('proxies: nginx with the documented settings', { skip: !installed('nginx') && 'nginx is not installed' }, async (t) => {
  await loads(await nginx(t, block('nginx')));
});

test('proxies: Caddy with the documented settings', { skip: !installed('caddy') && 'Caddy is not installed' }, async (t) => {
  await loads(await caddy(t, block('caddyfile')));
});

test('proxies: nginx as it comes refuses the body; that is said, and nothing is changed', { skip: !installed('nginx') && 'nginx is not installed' }, async (t) => {
  const address = await nginx(t, 'location / { proxy_pass http://127.0.0.1:3000; }');
  await pair.use(postgres.create(seed(12_000)), postgres.create());
  introduce(postgres, pair.source, 'target-1', address);
  const before = postgres.dump(pair.target);
  const session = await load(pair.from, { demo: false, compress: false });
  assert.equal(session.status, 'FAILED');
  assert.match(session.errorMessage, /413/);
  assert.deepEqual(postgres.dump(pair.target), before);
});

/** pgbouncer before PostgreSQL; its folder is the host. */
async function pgbouncer(t, mode) {
  const here = folder(t);
  writeFileSync(join(here, 'ini'), `[databases]\n* = host=${postgres.host} user=postgres\n[pgbouncer]\nlisten_addr =\nlisten_port = 5432
    \nunix_socket_dir = ${here}\nauth_type = any\npool_mode = ${mode}\nlogfile = ${here}/log\npidfile = ${here}/pid\n`.replaceAll(/^ +/gm, ''));
  const isRoot = process.getuid() === 0;
  if (isRoot) {
    const uid = Number(spawnSync('id', ['-u', 'postgres']).stdout);
    for (const path of [here, join(here, 'ini')]) chownSync(path, uid, -1);
  }
  run(t, installed('pgbouncer'), ['-q', ...(isRoot ? ['-u', 'postgres'] : []), join(here, 'ini')]);
  await until('pgbouncer listens', () => existsSync(join(here, '.s.PGSQL.5432')));
  return `postgresql://postgres@${encodeURIComponent(here)}:5432`;
}

test('pooler: a start whose DIRECT_URL leads to one in transaction mode is refused', { skip: !installed('pgbouncer') && 'pgbouncer is not installed' }, async (t) => {
  const database = postgres.create();
  const pooled = await pgbouncer(t, 'transaction');
  await assert.rejects(startApp(t, postgres, 'source-1', database, { DIRECT_URL: `${pooled}/${database}` }), (error) => {
    assert.match(error.message, /The server does not start: DIRECT_URL leads to a pooler in transaction mode/);
    return true;
  });
  // One that keeps a connection's session is as good as none; and the app's own queries may go through the other.
  const kept = await pgbouncer(t, 'session');
  const app = await startApp(t, postgres, 'source-1', database, { DATABASE_URL: `${pooled}/${database}`, DIRECT_URL: `${kept}/${database}` });
  introduce(postgres, database, 'target-1', target);
  introduce(postgres, pair.target, 'source-1', app.address, true);
  const session = await ended(app, await begin(app, { demo: false }));
  assert.equal(session.status, 'COMPLETED', session.errorMessage);
});
