// Against a real server: catalogs by query, and statements through pg.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { CATALOG_QUERY, Catalog, DumpsertError, convert, createRewriter, rewriterPair, statements } from '../index.mjs';
import { cut, folder, here, root, rows, sourceAndTarget, startServer } from './support.mjs';

let server;
before(async () => void (server = await startServer()));
after(() => server.stop());

const inserts = (database) => server.dump(database, '--data-only', '--column-inserts');

/** A pool of one connection, so that whoever comes next gets the same one. */
async function withPool(database, use) {
  const pool = new pg.Pool({ ...server.connection(database), max: 1 });
  try {
    return await use(pool);
  } finally {
    await pool.end();
  }
}

test('a catalog by query', async () => {
  const { source } = sourceAndTarget(server);
  const text = server.query(source, CATALOG_QUERY);
  const expected = (await Catalog.fromJson(text)).toJson();
  await withPool(source, async (pool) => {
    // With what it returns whole, with rows alone as Prisma's `$queryRawUnsafe` does, and with JSON left as text.
    const asText = { types: { getTypeParser: () => (value) => value } };
    for (const run of [
      (sql) => pool.query(sql),
      async (sql) => (await pool.query(sql)).rows,
      async (sql) => (await pool.query({ text: sql, ...asText })).rows,
    ]) {
      assert.equal((await Catalog.fromQuery(run)).toJson(), expected);
    }
    await assert.rejects(Catalog.fromQuery(() => pool.query('SELECT 1 / 0')), /division by zero/);
  });
  const { report } = await convert(inserts(source), { style: 'rows', catalog: await Catalog.fromJson(text) });
  assert.deepEqual(
    report.tables.map(({ table, key, key_source }) => ({ table, key, key_source })),
    ['public.parent', 'public."Child"'].map((table) => ({ table, key: ['id'], key_source: 'catalog' })),
  );
});

for (const style of ['rows', 'batches']) {
  test(`statements through pg, style ${style}`, async () => {
    const { source, target } = sourceAndTarget(server);
    const dump = server.dump(source, '--data-only');
    await withPool(target, async (pool) => {
      const catalog = await Catalog.fromQuery((sql) => pool.query(sql));
      for (let time = 0; time < 2; time += 1) {
        const client = await pool.connect();
        await client.query('BEGIN');
        const run = statements(cut(dump, 1000), { style, catalog });
        let result;
        for await (const sql of run) {
          const answer = await client.query(sql);
          if (answer.rows.length > 0) result = answer.rows[0];
        }
        await client.query('COMMIT');
        client.release();
        assert.equal((await run.report).tables.length, 2);
        assert.equal(typeof Object.values(result)[0], 'object');
      }
    });
    assert.equal(rows(server, target), rows(server, source));
  });
}

/** What is left of a session: its transaction, its temporary tables, and all the target's rows and triggers. */
async function state(pool) {
  const { rows: found } = await pool.query(
    `SELECT pg_backend_pid() AS pid, now() = statement_timestamp() AS is_outside,
            (SELECT count(*)::int FROM pg_class WHERE relpersistence = 't') AS temporary,
            current_setting('search_path') AS path, current_setting('statement_timeout') AS timeout,
            (SELECT array_agg(tgenabled ORDER BY tgname) FROM pg_trigger WHERE NOT tgisinternal) AS triggers`,
  );
  return found[0];
}

test('a run that fails, is cut, or is stopped leaves nothing behind', async () => {
  const { source, target } = sourceAndTarget(server);
  server.query(
    target,
    `CREATE FUNCTION public.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
     CREATE TRIGGER audit BEFORE INSERT OR UPDATE ON public.parent FOR EACH ROW EXECUTE FUNCTION public.f()`,
  );
  const dump = inserts(source);
  const before = rows(server, target);
  await withPool(target, async (pool) => {
    const catalog = await Catalog.fromQuery((sql) => pool.query(sql));
    const clean = await state(pool);
    assert.equal(clean.is_outside, true);

    const run = async (input, options = {}, query = (client, sql) => client.query(sql), commit = false) => {
      const client = await pool.connect();
      try {
        await client.query('BEGIN');
        for await (const sql of statements(input, { style: 'rows', catalog, ...options })) await query(client, sql);
        await client.query('COMMIT');
      } catch (error) {
        // A client that commits what it got must not succeed either.
        if (commit) await assert.rejects(client.query('COMMIT'), /dumpsert|complete|guard/i);
        else await client.query('ROLLBACK');
        throw error;
      } finally {
        client.release();
      }
    };
    const check = async (what) => {
      assert.deepEqual(await state(pool), clean, what);
      assert.equal(rows(server, target), before, what);
    };

    // The dump is wrong at its end, and is cut at some places.
    const bad = Buffer.concat([dump, Buffer.from('DELETE FROM public.parent;\n')]);
    for (const commit of [false, true]) {
      await assert.rejects(run([bad], {}, undefined, commit), (error) => error instanceof DumpsertError);
      await check(`wrong, commit: ${commit}`);
      for (const part of [0.2, 0.5, 0.99]) {
        const short = dump.subarray(0, Math.floor(dump.length * part));
        await assert.rejects(run([short], {}, undefined, commit), { code: 'truncated' });
        await check(`cut at ${part}, commit: ${commit}`);
      }
    }
    // The input fails.
    const failing = async function* () {
      yield dump.subarray(0, 5000);
      throw new Error('the line is cut');
    };
    await assert.rejects(run(failing()), { code: 'read' });
    await check('the input fails');
    // The server refuses a row: the target has a rule that the source has not.
    server.query(target, 'ALTER TABLE public.parent ADD CONSTRAINT c CHECK (id <> 400) NOT VALID');
    await assert.rejects(run([dump]), /violates check constraint/);
    await check('a row is refused');
    server.query(target, 'ALTER TABLE public.parent DROP CONSTRAINT c');
    // It is stopped after some statements.
    for (const count of [1, 10, 200, 700]) {
      const controller = new AbortController();
      let done = 0;
      const query = async (client, sql) => {
        await client.query(sql);
        if ((done += 1) === count) controller.abort();
      };
      await assert.rejects(run(cut(dump, 500), { signal: controller.signal }, query), { name: 'AbortError' });
      await check(`stopped after ${count}`);
    }
    // And then it works, on the same connection.
    await run([dump]);
    assert.equal((await state(pool)).pid, clean.pid);
  });
  assert.equal(rows(server, target), rows(server, source));
});

/** psql at the end of a stream; returns its status and what it said. */
function psql(database) {
  const child = spawn(join(server.bin, 'psql'), ['-Xq', database], { env: server.env, stdio: ['pipe', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
  child.stdin.on('error', () => {});
  return { stdin: child.stdin, ended: once(child, 'close').then(([status]) => ({ status, said })) };
}

test('streams into psql, whole and broken', async () => {
  for (const style of ['rows', 'batches', 'staged']) {
    const { source, target } = sourceAndTarget(server);
    const dump = inserts(source);
    const before = rows(server, target);
    const web = (input) => {
      const stream = ReadableStream.from(input).pipeThrough(rewriterPair({ style }));
      return (to) => pipeline(Readable.fromWeb(stream), to);
    };
    const node = (input) => (to) => pipeline(Readable.from(input), createRewriter({ style }), to);
    for (const way of [node, web]) {
      for (const input of [[dump.subarray(0, dump.length / 2)], [dump, 'DELETE FROM public.parent;']]) {
        const { stdin, ended } = psql(target);
        await assert.rejects(way(input)(stdin), DumpsertError);
        const { status } = await ended;
        assert.equal(status, 3);
        assert.equal(rows(server, target), before);
      }
    }
    for (const way of [node, web]) {
      const { stdin, ended } = psql(target);
      await way(cut(dump, 10_000))(stdin);
      assert.deepEqual(await ended, { status: 0, said: '' });
      assert.equal(rows(server, target), rows(server, source), style);
    }
  }
});

/** A folder in which `dumpsert` and `pg` can be imported. */
function project(t) {
  const directory = folder(t);
  mkdirSync(join(directory, 'node_modules'));
  symlinkSync(join(here, '..'), join(directory, 'node_modules/dumpsert'));
  symlinkSync(join(here, '../node_modules/pg'), join(directory, 'node_modules/pg'));
  return directory;
}

function runScript(directory, script, args, target, settings = {}) {
  const url = `postgresql://postgres@${encodeURIComponent(server.env.PGHOST)}:${server.env.PGPORT}/${target}`;
  const env = { ...server.env, DATABASE_URL: url };
  return spawnSync(process.execPath, [script, ...args], { cwd: directory, env, encoding: 'utf8', ...settings });
}

for (const script of ['restore.js', 'driver.js']) {
  test(`the example ${script}`, (t) => {
    const directory = project(t);
    for (const name of ['package.json', script]) cpSync(join(root, 'examples/node-script', name), join(directory, name));
    const { source, target } = sourceAndTarget(server);
    const dump = inserts(source);
    const before = rows(server, target);
    writeFileSync(join(directory, 'dump.sql'), dump);
    writeFileSync(join(directory, 'cut.sql'), dump.subarray(0, dump.length - 100));
    writeFileSync(join(directory, 'refused.sql'), dump.toString().replace("'it''s; row 77'", "'x', 'y'"));
    for (const wrong of ['cut.sql', 'refused.sql', 'missing.sql']) {
      const { status, stderr } = runScript(directory, script, [wrong], target);
      assert.equal(status, 1, stderr);
      assert.equal(rows(server, target), before, wrong);
    }
    // What the server refuses.
    server.query(target, 'ALTER TABLE public.parent ADD CONSTRAINT c CHECK (id <> 400) NOT VALID');
    const refused = runScript(directory, script, ['dump.sql'], target);
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /violates check constraint/);
    assert.equal(rows(server, target), before);
    server.query(target, 'ALTER TABLE public.parent DROP CONSTRAINT c');

    const { status, stderr } = runScript(directory, script, ['dump.sql'], target);
    assert.equal(status, 0, stderr);
    assert.equal(rows(server, target), rows(server, source));
  });
}

test('the quick start of the README', (t) => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const section = readme.split('## Quick start: Node')[1];
  const code = section.split('```js\n')[1].split('```')[0];
  const directory = project(t);
  writeFileSync(join(directory, 'quick-start.mjs'), code);
  const { source, target } = sourceAndTarget(server);
  // Where psql fails, at once or late, its own message and one sentence are what is seen.
  writeFileSync(join(directory, 'data.sql'), `INSERT INTO public.nowhere (id) VALUES (1);\n`.repeat(100_000));
  const failed = runScript(directory, 'quick-start.mjs', [], `${target}?schema=public`);
  assert.notEqual(failed.status, 0);
  assert.match(failed.stderr, /public\.nowhere[^]*psql has ended with status 3; nothing was changed/);
  assert.doesNotMatch(failed.stderr, /EPIPE/);
  writeFileSync(join(directory, 'data.sql'), inserts(source));
  const { status, stdout, stderr } = runScript(directory, 'quick-start.mjs', [], `${target}?schema=public`);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /1000 rows/);
  assert.equal(rows(server, target), rows(server, source));
});
