// What would be published, installed where there is neither a clone nor Rust.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { folder, here, root, rows, sourceAndTarget, startServer } from './support.mjs';

let server;
before(async () => void (server = await startServer()));
after(() => server.stop());

/** Makes a folder that holds no programs but these. */
function programs(path, names) {
  mkdirSync(path);
  // The node that runs this, and the clients of the server, before any others.
  const folders = [server.bin, dirname(process.execPath), ...process.env.PATH.split(delimiter)];
  for (const name of names) {
    const found = folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
    assert.ok(found, name);
    symlinkSync(found, join(path, name));
  }
  return path;
}

test('the tarballs in an empty project', (t) => {
  const directory = folder(t);
  const [tarballs, project] = [join(directory, 'tarballs'), join(directory, 'project')];
  // Only these programs are there; no Rust, wherever it is installed.
  const PATH = programs(join(directory, 'bin'), ['node', 'npm', 'npx', 'sh', 'bash', 'env', 'psql', 'pg_dump']);
  const env = { ...server.env, PATH };
  const run = (command, args, settings = {}) => {
    const result = spawnSync(command, args, { cwd: project, env, encoding: 'utf8', ...settings });
    assert.equal(result.status, 0, `${command} ${args.join(' ')}: ${result.stdout}${result.stderr}`);
    return result.stdout;
  };
  mkdirSync(project);
  // What the tests were built with is not for others.
  const refused = spawnSync(process.execPath, [join(here, '../scripts/pack.mjs'), tarballs], { encoding: 'utf8' });
  assert.notEqual(refused.status, 0);
  assert.match(refused.stderr, /built for the tests, with fault injection/);
  run(process.execPath, [join(here, '../scripts/pack.mjs'), tarballs, '--with-drills'], { env: process.env });
  const names = readdirSync(tarballs);
  assert.ok(names.length >= 2 && names.every((name) => /^dumpsert-.*\.tgz$/.test(name)), names.join());

  for (const tool of ['cargo', 'rustc', 'cc']) {
    assert.notEqual(spawnSync('sh', ['-c', `command -v ${tool}`], { env }).status, 0, `${tool} is not there`);
  }
  writeFileSync(join(project, 'package.json'), '{"private": true}');
  writeFileSync(join(project, '.npmrc'), 'fund=false\naudit=false\nupdate-notifier=false\nprefer-offline=true\n');
  run('npm', ['install', '--silent', 'pg@8.23.1', ...names.map((name) => join(tarballs, name))]);
  const installed = readdirSync(join(project, 'node_modules/dumpsert'));
  assert.ok(!installed.some((name) => name.endsWith('.node')), 'the library comes from the package of the platform');
  for (const name of names) {
    const list = run('tar', ['-tzf', join(tarballs, name)], { env: process.env });
    for (const license of ['LICENSE-APACHE', 'LICENSE-MIT']) assert.ok(list.includes(`package/${license}`), `${name} has no ${license}`);
  }

  // The README stands alone: it refers to no file that is not in the package, and what it begins with works.
  const readme = readFileSync(join(project, 'node_modules/dumpsert/README.md'), 'utf8');
  assert.match(readme, /npm install/);
  for (const [, link] of readme.matchAll(/\]\(([^)]*)\)/g)) {
    assert.ok(installed.includes(link), `the link to ${link}`);
  }

  writeFileSync(join(project, 'a.cjs'), "console.log(Object.keys(require('dumpsert')).length)");
  writeFileSync(join(project, 'a.mjs'), "import * as all from 'dumpsert'; console.log(Object.keys(all).length)");
  assert.equal(run('node', ['a.cjs']), run('node', ['a.mjs']));
  assert.match(run('npx', ['--no', '--', 'dumpsert', '--version']), /^dumpsert \d/);

  cpSync(join(root, 'examples/node-script'), join(project, 'examples'), {
    recursive: true,
    filter: (path) => !path.includes('node_modules'),
  });
  writeFileSync(join(project, 'examples/quick-start.mjs'), readme.match(/^```js\n(.*?)^```/ms)[1]);
  for (const script of ['restore.js', 'driver.js', 'quick-start.mjs']) {
    const { source, target } = sourceAndTarget(server);
    // The quick start names its file itself.
    writeFileSync(join(project, script === 'quick-start.mjs' ? 'data.sql' : 'dump.sql'), server.dump(source, '--data-only', '--column-inserts'));
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
