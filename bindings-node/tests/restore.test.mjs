// `restore` and `sync` against a real server.

import assert from 'node:assert/strict';
import { chmodSync, createReadStream, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { Catalog, restore, sync } from '../index.mjs';
import { cut, failure, folder, rows, sourceAndTarget, startServer } from './support.mjs';

let server;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

const PASSWORD = 's3cret-w0rd';
const url = (database) =>
  `postgresql://postgres:${PASSWORD}@${encodeURIComponent(server.env.PGHOST)}:${server.env.PGPORT}/${database}`;
const to = (target, options = {}) => ({ to: url(target), binDir: server.bin, ...options });
const dumpOf = (source, ...args) => server.dump(source, '--data-only', ...args);
const state = (database) => server.dump(database, '--inserts').toString().replace(/^\\(un)?restrict .*$/gm, '');

/** The children of this process that are there, also those that nobody has waited for. */
function children() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const [, comm, rest] = stat.match(/\((.*)\) (.*)/s);
        return Number(rest.split(' ')[1]) === process.pid && /^(psql|pg_dump|pg_restore)$/.test(comm) ? [comm] : [];
      } catch {
        return [];
      }
    });
}

/** It fails with these facts, has changed nothing and left nobody behind; returns the error. */
async function refused(target, run, facts) {
  const before = state(target);
  const error = await failure(run, facts);
  const all = `${error.stack}${JSON.stringify(error)}${JSON.stringify(error.outcome)}${error.cause}`;
  assert.doesNotMatch(all, new RegExp(PASSWORD));
  assert.equal(state(target), before);
  assert.deepEqual(children(), []);
  return error;
}

test('a dump in every form, and a second time', async (t) => {
  const { source, target } = sourceAndTarget(server);
  const directory = folder(t);
  const dump = dumpOf(source);
  const file = join(directory, 'dump.sql');
  writeFileSync(file, dump);
  const archive = server.dump(source, '-Fc');
  const web = () => ReadableStream.from(cut(dump, 3000));
  const inputs = {
    path: () => file,
    url: () => new URL(`file://${file}`),
    buffer: () => dump,
    'array buffer': () => new Uint8Array(dump).buffer,
    'file stream': () => createReadStream(file),
    'web stream': web,
    body: () => new Request('http://localhost/', { method: 'POST', body: web(), duplex: 'half' }).body,
    generator: async function* () {
      for (const chunk of cut(dump, 1000)) yield chunk;
    },
    strings: () => Readable.from([dump.toString()]),
    archive: () => Readable.from(cut(archive, 1000)),
    rows: () => [server.dump(source, '--data-only', '--column-inserts')],
  };
  for (const [name, input] of Object.entries(inputs)) {
    const copy = server.create(undefined, target);
    const outcome = await restore(name === 'generator' ? input() : input(), to(copy));
    assert.equal(outcome.ending, 'committed', name);
    assert.equal(rows(server, copy), rows(server, source), name);
    const counts = outcome.tables.map(({ table, inserted, updated, unchanged }) => [table, inserted, updated, unchanged]);
    assert.deepEqual(counts, [['public."Child"', 166, 0, 334], ['public.parent', 0, 100, 400]], name);
    const again = await restore(input(), to(copy));
    for (const table of again.tables) assert.deepEqual([table.inserted, table.updated, table.unchanged], [0, 0, 500]);
    assert.equal(server.query(copy, `SELECT pg_xact_status('${outcome.transaction_id}')`), 'committed');
    assert.ok(!JSON.stringify(outcome).includes(PASSWORD));
  }
  assert.deepEqual(children(), []);
});

test('one database into another, with phases', async () => {
  const { source, target } = sourceAndTarget(server);
  const steps = [];
  const outcome = await sync({ from: url(source), ...to(target), onProgress: (step) => steps.push(step) });
  assert.equal(outcome.ending, 'committed');
  assert.equal(outcome.source.database.database, source);
  assert.equal(rows(server, target), rows(server, source));
  const phases = steps.map(({ phase }) => phase);
  assert.deepEqual([...new Set(phases)], ['check', 'read', 'merge', 'commit']);
  assert.ok(steps.find(({ phase }) => phase === 'read').bytes > 0);
  assert.ok(steps.findLast(({ phase }) => phase === 'read').tableRows > 0);
  const written = steps.filter(({ phase, table }) => phase === 'merge' && table !== undefined);
  assert.deepEqual(written.map(({ table, tablesDone, tables }) => [table, tablesDone, tables]), [['public.parent', 0, 2], ['public."Child"', 1, 2]]);
  assert.ok(!JSON.stringify(steps).includes(PASSWORD));
  const again = await sync({ from: url(source), ...to(target) });
  for (const table of again.tables) assert.deepEqual([table.inserted, table.updated], [0, 0]);
  await refused(target, () => sync({ from: url(target), ...to(target) }), { message: /the same database/ });
});

test('rows are left out, and what references them', async () => {
  const { source, target } = sourceAndTarget(server);
  const catalog = await Catalog.fromSchemaSql(server.dump(source, '--schema-only'));
  const options = { exclude: 'public.parent: id <= 250', cascade: 'delete' };
  const before = server.query(target, 'SELECT p FROM public.parent AS p WHERE id <= 250 ORDER BY id');
  const copy = server.create(undefined, target);
  const runs = [
    [target, () => restore(Readable.from(cut(dumpOf(source), 777)), to(target, { ...options, catalog }))],
    [copy, () => sync({ from: url(source), ...to(copy, options) })],
  ];
  for (const [database, run] of runs) {
    const outcome = await run();
    const leftOut = Object.fromEntries(outcome.tables.map((table) => [table.table, table.left_out]));
    assert.deepEqual(leftOut, { 'public."Child"': 250, 'public.parent': 250 });
    assert.equal(server.query(database, 'SELECT p FROM public.parent AS p WHERE id <= 250 ORDER BY id'), before);
    assert.equal(server.query(database, 'SELECT count(*) FROM public."Child" WHERE id <= 250'), '167');
    const again = await run();
    for (const table of again.tables) assert.deepEqual([table.inserted, table.updated], [0, 0]);
  }
});

test('beforeCommit decides', async () => {
  const { source, target } = sourceAndTarget(server);
  const dump = dumpOf(source);
  let seen;
  const limit = new Error('more than 100 rows in `batch_rows`');
  const facts = { code: 'refused', category: 'config', message: limit.message, cause: limit };
  const beforeCommit = async (outcome) => {
    seen = outcome;
    // Everything is there, and nobody else sees it.
    assert.match(rows(server, target), /old/);
    await new Promise((resolve) => setImmediate(resolve));
    if (outcome.tables.some(({ inserted }) => inserted > 100)) throw limit;
  };
  const error = await refused(target, () => restore(dump, to(target, { beforeCommit })), facts);
  assert.equal(error.outcome.ending, 'rolled_back');
  assert.equal(error.outcome.input_sha256, seen.input_sha256);
  await refused(target, () => restore(dump, to(target, { beforeCommit: () => { throw undefined; } })), { code: 'refused', message: 'undefined' });
  // It may take its time, and is not waited for by a run that is stopped.
  const controller = new AbortController();
  const never = () => {
    controller.abort(new Error('enough'));
    return new Promise(() => {});
  };
  await refused(target, () => restore(dump, to(target, { beforeCommit: never, signal: controller.signal })), { name: 'AbortError' });
  const outcome = await restore(dump, to(target, { beforeCommit: () => {} }));
  assert.equal(outcome.ending, 'committed');
  assert.equal(rows(server, target), rows(server, source));
});

test('a dry run changes nothing', async () => {
  const { source, target } = sourceAndTarget(server);
  const before = rows(server, target);
  const outcome = await restore(dumpOf(source), to(target, { dryRun: true }));
  assert.deepEqual([outcome.ending, outcome.dry_run, outcome.tables[0].inserted], ['rolled_back', true, 166]);
  assert.equal(rows(server, target), before);
});

test('a check, and what differs', async () => {
  const { source, target } = sourceAndTarget(server);
  const before = rows(server, target);
  const dump = dumpOf(source);
  const outcome = await restore(dump, to(target, { check: true, diff: 2 }));
  assert.deepEqual([outcome.ending, outcome.check, outcome.tables[0].inserted], ['rolled_back', true, 166]);
  assert.deepEqual(outcome.findings.filter(({ severity }) => severity === 'error'), []);
  const [table] = outcome.differences;
  assert.deepEqual([table.table, table.rows, table.shown.length], ['public.parent', 100, 2]);
  const [column] = table.shown[0].columns;
  assert.notEqual(column.here, column.dumped);
  const hidden = await restore(dump, to(target, { check: true, diff: 1, hide: column.column }));
  assert.deepEqual(hidden.differences[0].shown[0].columns, [{ column: column.column, hidden: true }]);
  assert.equal(rows(server, target), before);

  server.query(target, 'ALTER TABLE "Child" ADD CHECK (id < 400) NOT VALID');
  const { findings } = await restore(dump, to(target, { check: true }));
  const [finding] = findings.filter(({ severity }) => severity === 'error');
  assert.deepEqual([finding.table, finding.code, finding.examples.length], ['public."Child"', '23514', 10]);
  assert.equal(finding.message, 'rows that break the constraint "Child_id_check"');
  server.query(
    target,
    `CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.v = upper(NEW.v); RETURN NEW; END';
     ALTER TABLE "Child" DROP CONSTRAINT "Child_id_check";
     CREATE TRIGGER shout BEFORE INSERT OR UPDATE ON parent FOR EACH ROW EXECUTE FUNCTION shout()`,
  );
  await refused(target, () => restore(dump, to(target, { triggers: 'fire', verify: 'strict' })), { message: /are not as in the dump/ });
  const { findings: none } = await restore(dump, to(target, { dryRun: true, onlyTables: 'parent' }));
  assert.equal(none, undefined);
});

test('it is stopped at any point', async () => {
  const { source, target } = sourceAndTarget(server);
  const dump = dumpOf(source);
  for (const phase of ['check', 'read', 'merge', 'commit']) {
    const controller = new AbortController();
    const onProgress = (step) => step.phase === phase && controller.abort();
    const run = () => restore(Readable.from(cut(dump, 5000)), to(target, { onProgress, signal: controller.signal }));
    if (phase !== 'commit') await refused(target, run, { name: 'AbortError', code: 'aborted' });
  }
  // The dump comes from somebody who has stopped to write.
  for (const bytes of [0, 4, 10_000]) {
    const stalls = {
      node: () => new Readable({ read() { this.push(bytes && !this.pushed ? dump.subarray(0, bytes) : undefined); this.pushed = true; } }),
      web: () => new ReadableStream({ start: (to) => bytes && to.enqueue(dump.subarray(0, bytes)), pull: () => new Promise(() => {}) }),
      async generator() {},
    };
    stalls.generator = async function* () {
      yield dump.subarray(0, bytes);
      await new Promise(() => {});
    };
    for (const [name, stalled] of Object.entries(stalls)) {
      const controller = new AbortController();
      const wait = bytes < 8 ? 'check' : 'read';
      let told = () => {};
      const reached = new Promise((resolve) => (told = resolve));
      const onProgress = ({ phase }) => phase === wait && told();
      const stop = reached.then(() => setImmediate(() => controller.abort()));
      const run = () => restore(stalled(), to(target, { onProgress, signal: controller.signal }));
      await refused(target, run, { name: 'AbortError' }).catch((error) => assert.fail(`${name}, ${bytes}: ${error.stack}`));
      await stop;
    }
  }
  const controller = new AbortController();
  controller.abort();
  await refused(target, () => restore(dump, to(target, { signal: controller.signal })), { name: 'AbortError' });
  // What the callback throws stops it too.
  const thrown = () => { throw new TypeError('mine'); };
  await refused(target, () => restore(dump, to(target, { onProgress: thrown })), { message: 'mine' });
});

test('dumps that are cut or fail', async (t) => {
  const { source, target } = sourceAndTarget(server);
  const dump = dumpOf(source);
  const file = join(folder(t), 'cut.sql');
  for (const part of [0.3, 0.5, 0.999]) {
    const short = dump.subarray(0, Math.floor(dump.length * part));
    writeFileSync(file, short);
    await refused(target, () => restore(file, to(target)), { code: 'truncated', category: 'truncated' });
    await refused(target, () => restore(Readable.from([short]), to(target)), { code: 'truncated' });
    const failing = async function* () {
      yield short;
      throw new Error('the line is cut');
    };
    const error = await refused(target, () => restore(failing(), to(target)), { code: 'read', category: 'io' });
    assert.equal(error.cause.message, 'the line is cut');
  }
  await refused(target, () => restore([dump, 7], to(target)), { code: 'invalid_argument' });
  await refused(target, () => restore([dump, 'DELETE FROM public.parent;'], to(target)), { category: 'unsupported' });
  await refused(target, () => restore(join(file, 'nowhere'), to(target)), { code: 'read' });
  await refused(target, () => restore(server.dump(source, '-Fc').subarray(0, 3000), to(target)), { code: 'read', message: /the dump cannot be read/ });
  // pg_dump itself.
  const bin = folder(t);
  mkdirSync(join(bin, 'bin'));
  for (const name of ['psql', 'pg_restore']) writeFileSync(join(bin, name), `#!/bin/sh\nexec ${server.bin}/${name} "$@"\n`);
  writeFileSync(join(bin, 'pg_dump'), `#!/bin/sh\n[ "$1" = --version ] || trap 'exit 7' EXIT\n${server.bin}/pg_dump "$@"\n`);
  for (const name of ['psql', 'pg_restore', 'pg_dump']) chmodSync(join(bin, name), 0o755);
  await refused(target, () => sync({ from: url(source), ...to(target, { binDir: bin }) }), { code: 'read' });
});

test('rows stand in no error', async () => {
  const { source, target } = sourceAndTarget(server);
  server.query(target, `ALTER TABLE public.parent ADD CONSTRAINT c CHECK (v <> 'it''s; row 400') NOT VALID`);
  const error = await refused(target, () => restore(dumpOf(source), to(target)), { code: 'database', message: /constraint "c"/ });
  assert.doesNotMatch(`${error.stack}${JSON.stringify(error)}`, /it's; row/);
});

test('what cannot be used is said before anything starts', async (t) => {
  const { source, target } = sourceAndTarget(server);
  const dump = dumpOf(source);
  const wrong = [
    [{ to: '' }, { code: 'invalid_option', message: /`to`.*empty/ }],
    [{ to: undefined }, { code: 'invalid_option', message: /`to` is missing/ }],
    [{ to: `mysql://root:${PASSWORD}@localhost/x` }, { code: 'invalid_option' }],
    [{ to: `postgresql://postgres:${PASSWORD}@${encodeURIComponent(server.env.PGHOST)}:1/x` }, { code: 'database' }],
    [{ to: url('nowhere') }, { code: 'database', message: /nowhere/ }],
    [{ binDir: folder(t) }, { code: 'program', message: /psql is not in/ }],
    [{ style: 'rows' }, { code: 'invalid_option', message: /`style` can only be 'staged' here/ }],
    [{ dryrun: true }, { code: 'invalid_option', message: /did you mean dryRun/ }],
    [{ noKey: 'x' }, { code: 'invalid_option', message: /`noKey`/ }],
    [{ beforeCommit: 7 }, { code: 'invalid_option' }],
    [{ check: 1 }, { code: 'invalid_option', message: /`check` is true or false/ }],
    [{ verify: 'never' }, { code: 'invalid_option', message: /`verify` is 'normal' or 'strict'/ }],
    [{ diff: -1 }, { code: 'invalid_option', message: /`diff` is a number of rows/ }],
    [{ diff: 1, hide: [1] }, { code: 'invalid_option', message: /`hide` is a name/ }],
    [{ prune: 1 }, { code: 'invalid_option', message: /`prune` is true or false/ }],
    [{ pruneMax: 5 }, { code: 'invalid_option', message: /say nothing without `prune: true`/ }],
    [{ prune: true, pruneMax: 1.5 }, { code: 'invalid_option', message: /`pruneMax` is a number of rows/ }],
    [{ prune: true, pruneMax: 'all' }, { code: 'invalid_option', message: /`pruneMax: 'all'` is no limit/ }],
    [{ prune: true, pruneEmpty: [1] }, { code: 'invalid_option', message: /`pruneEmpty` is a name of a table/ }],
    [{ prune: true, guard: 'v' }, { code: 'invalid_option', message: /may belong to others/ }],
    [{ mapping: 'ids.csv' }, { code: 'invalid_option', message: /`mapping: 'FILE'` needs `matchOn`/ }],
    [{ mapping: 1, matchOn: { 'public.t': 'v' } }, { code: /invalid/, message: /`mapping`/ }],
    [{ from: url(source) }, { code: 'invalid_option', message: /`from` is no option/ }],
  ];
  for (const [options, facts] of wrong) await refused(target, () => restore(dump, to(target, options)), facts);
  await refused(target, () => sync(to(target)), { message: /`from` is missing/ });
  await refused(target, () => sync({ ...to(target), from: ' ' }), { message: /`from`.*empty/ });
  await refused(target, () => sync({ ...to(target), from: `${url(source)}?pgbouncer=true` }), { message: /pooler/ });
  await refused(target, () => restore(url(source), to(target)), { message: /a database is no dump/ });
  await refused(target, () => restore(7, to(target)), { code: 'invalid_argument' });
  // The schema of Prisma is a selection.
  const outcome = await restore(dump, { ...to(target), to: `${url(target)}?schema=other&connection_limit=5`, unselected: 'drop' });
  assert.deepEqual(outcome.tables.map(({ inserted }) => inserted ?? 0), [0, 0]);
});

test('a request is answered, whatever becomes of its body', async () => {
  const { source, target } = sourceAndTarget(server);
  const dump = dumpOf(source);
  const http = createServer((incoming, answer) => {
    restore(incoming, to(target)).then(
      ({ ending }) => answer.end(ending),
      (error) => answer.writeHead(400).end(error.code),
    );
  });
  http.listen(0);
  await once(http, 'listening');
  const { port } = http.address();
  const post = async (body) => {
    const outgoing = request({ port, method: 'POST' });
    outgoing.on('error', () => {});
    outgoing.end(body);
    const [answer] = await once(outgoing, 'response');
    const text = (await answer.toArray()).join('');
    return [answer.statusCode, text];
  };
  assert.deepEqual(await post(dump.subarray(0, 9000)), [400, 'truncated']);
  assert.deepEqual(await post(Buffer.concat([Buffer.from('DELETE FROM public.parent;\n'), dump])), [400, 'statement_not_allowed']);
  assert.deepEqual(await post(dump), [200, 'committed']);
  http.close();
});

test('rows that the dump does not have are deleted', async () => {
  const { source, target } = sourceAndTarget(server);
  const dump = dumpOf(source);
  const pruned = (outcome) => outcome.tables.map(({ table, deleted }) => [table, deleted]);
  const checked = await restore(dump, to(target, { check: true, diff: 1, prune: true }));
  assert.deepEqual(checked.deletions, [{ table: 'public.parent', rows: 1, shown: [{ id: '10001' }] }]);
  await refused(target, () => restore(dump, to(target, { prune: true, pruneMax: 0 })), { message: /prune_max permits 0/ });
  // Nobody is asked but the program.
  const beforeCommit = (outcome) => {
    if (outcome.tables.some(({ deleted }) => deleted > 0)) throw new Error('not one row');
  };
  await refused(target, () => restore(dump, to(target, { prune: true, beforeCommit })), { code: 'refused', message: /not one row/ });
  server.query(target, 'CREATE TABLE other (parent integer REFERENCES parent ON DELETE CASCADE); INSERT INTO other VALUES (10001)');
  await refused(target, () => restore(dump, to(target, { prune: true })), { message: /1 rows of public.other would be deleted/ });
  const outcome = await sync({ ...to(target), from: url(source), prune: true, pruneCascade: true, pruneMax: '5%', pruneEmpty: [] }).catch((error) => error);
  // 5 % of one row are none.
  assert.match(outcome.message, /1 rows of public.other are not in the dump/);
  assert.deepEqual(pruned(await sync({ ...to(target), from: url(source), prune: true, pruneCascade: true })), [
    ['public."Child"', 0],
    ['public.other', 1],
    ['public.parent', 1],
  ]);
  server.query(target, 'DROP TABLE other');
  const sorted = (database) => state(database).split('\n').sort();
  assert.deepEqual(sorted(target), sorted(source));
});
