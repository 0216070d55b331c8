// What would be published, installed where there is neither a clone nor Rust.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { folder, here, root, rows, sourceAndTarget, startServer } from './support.mjs';

let server;
before(async () => void (server = await startServer()));
after(() => server.stop());

test('the tarballs in an empty project', (t) => {
  const directory = folder(t);
  const [tarballs, project] = [join(directory, 'tarballs'), join(directory, 'project')];
  // npm, the node that runs this, and the clients of the server; no Rust.
  const PATH = [dirname(process.execPath), server.bin, '/usr/bin', '/bin'].join(':');
  const env = { ...server.env, PATH };
  const run = (command, args, settings = {}) => {
    const result = spawnSync(command, args, { cwd: project, env, encoding: 'utf8', ...settings });
    assert.equal(result.status, 0, `${command} ${args.join(' ')}: ${result.stdout}${result.stderr}`);
    return result.stdout;
  };
  mkdirSync(project);
  run(process.execPath, [join(here, '../scripts/pack.mjs'), tarballs], { env: process.env });
  const names = readdirSync(tarballs);
  assert.ok(names.length >= 2 && names.every((name) => /^dumpsert-.*\.tgz$/.test(name)), names.join());

  assert.notEqual(spawnSync('sh', ['-c', 'command -v cargo rustc'], { env }).status, 0, 'Rust is not there');
  writeFileSync(join(project, 'package.json'), '{"private": true}');
  writeFileSync(join(project, '.npmrc'), 'fund=false\naudit=false\nupdate-notifier=false\nprefer-offline=true\n');
  run('npm', ['install', '--silent', 'pg@8.23.1', ...names.map((name) => join(tarballs, name))]);
  const installed = readdirSync(join(project, 'node_modules/dumpsert'));
  assert.ok(!installed.some((name) => name.endsWith('.node')), 'the library comes from the package of the platform');

  writeFileSync(join(project, 'a.cjs'), "console.log(Object.keys(require('dumpsert')).length)");
  writeFileSync(join(project, 'a.mjs'), "import * as all from 'dumpsert'; console.log(Object.keys(all).length)");
  assert.equal(run('node', ['a.cjs']), run('node', ['a.mjs']));
  assert.match(run('npx', ['--no', '--', 'dumpsert', '--version']), /^dumpsert \d/);

  cpSync(join(root, 'examples/node-script'), join(project, 'examples'), {
    recursive: true,
    filter: (path) => !path.includes('node_modules'),
  });
  for (const script of ['restore.js', 'driver.js']) {
    const { source, target } = sourceAndTarget(server);
    writeFileSync(join(project, 'dump.sql'), server.dump(source, '--data-only', '--column-inserts'));
    const url = `postgresql://postgres@${encodeURIComponent(server.env.PGHOST)}:${server.env.PGPORT}/${target}`;
    run('node', [join('examples', script), 'dump.sql'], { env: { ...env, DATABASE_URL: url } });
    assert.equal(rows(server, target), rows(server, source), script);
  }
  // The command line, from a pipe into psql.
  const { source, target } = sourceAndTarget(server);
  const pipe = `set -o pipefail; pg_dump ${source} | npx --no -- dumpsert convert --quiet --style staged | psql -Xq ${target}`;
  run('bash', ['-c', pipe]);
  assert.equal(rows(server, target), rows(server, source));
});
