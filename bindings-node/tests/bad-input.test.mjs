// What is wrong is a DumpsertError, in time, and never the end of the process.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { chmodSync, existsSync, linkSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Catalog, DumpsertError, convert, convertFile, createRewriter, inspectFile, rewrite, rewriterPair, statements } from '../index.mjs';
import { collect, folder } from './support.mjs';

const { NativePlan, NativeRun } = createRequire(import.meta.url)('../native.js');
const DUMP = "INSERT INTO public.t (id, v) VALUES (1, 'é😀');\n";
/** A dump that does not end by itself. */
async function* endless() {
  const chunk = Buffer.from(DUMP.repeat(1000));
  for (;;) yield chunk;
}

function isError(code, text) {
  return (error) => {
    assert.ok(error instanceof DumpsertError && error instanceof Error, String(error));
    assert.equal(error.code, code, error.message);
    if (text !== undefined) assert.match(error.message, text);
    return true;
  };
}

test('options of natural keys arrive in the script', async () => {
  const { sql } = await convert(DUMP, {
    style: 'staged',
    matchOn: { 'public.t': ['v'] },
    tables: { t: { matchWhere: "v <> 'x'", matchNulls: 'not_distinct', onTakenKey: 'renumber' } },
    foreignKeys: 'public.u(t_id) REFERENCES public.t(id)',
    mappingTable: 'app.id_map',
    mappingRows: 'all',
  });
  for (const part of [
    '"columns":["v"]',
    '"nulls":"not_distinct"',
    '"taken":"renumber"',
    '"to_columns":["id"]',
    '"mapping":{"all":true,"table":{"name":"id_map","schema":"app"}}',
  ]) {
    assert.ok(sql.includes(part), part);
  }
});

test('options that cannot be used', async () => {
  const wrong = [
    [{ stile: 'rows' }, /`stile` is no option \(did you mean style\?\)/],
    [{ no_key: 'skip' }, /`no_key` is no option \(did you mean noKey\?\)/],
    [{ noKye: 'skip' }, /did you mean noKey\?/],
    [{ qwertyuiop: 1 }, /^`qwertyuiop` is no option$/],
    [{ limits: { qwertyuiop: 1 } }, /is no option$/],
    [{ onProgess: () => {} }, /did you mean onProgress\?/],
    [{ style: 'row' }, /`style`: `row` is none of rows, batches, staged \(did you mean rows\?\)/],
    [{ style: 1 }, /`style`: a string is wanted/],
    [{ style: 'rows', noKey: 'match' }, /^`noKey: 'match'` works only with `style: 'staged'`/],
    [{ style: 'rows', matchOn: { t: 'a' } }, /^`matchOn` works only with style staged.*choose `style: 'staged'`/],
    [{ onTakenKey: 'renumber' }, /^`onTakenKey` needs `matchOn`: a second run would not recognise.*`matchOn: \{'TABLE': 'COLUMNS'\}`/],
    [{ matchNulls: 'never' }, /`matchNulls`: `never` is none of distinct, not_distinct/],
    [{ tables: { t: { matchon: 'a' } } }, /did you mean matchOn\?/],
    [{ batchRows: 0 }, /`batchRows`: a positive whole number/],
    [{ batchRows: NaN }, /`batchRows`/],
    [{ batchRows: 1n }, /`batchRows`: a value of type bigint/],
    [{ keys: new Map([['public.t', 'id']]) }, /`keys`: a value of type object/],
    [{ keys: { no_key: () => 'id' } }, /`keys\.no_key`: a value of type function/],
    [{ tables: { 'public.t': { updat: 'changed' } } }, /`tables\."public\.t"\.updat` is no option \(did you mean update\?\)/],
    [{ tables: { t: { update: 'newest' } } }, /`tables\.t\.update`/],
    [{ limits: { rowbytes: 1 } }, /`limits\.rowbytes` is no option \(did you mean rowBytes\?\)/],
    [{ updateOnly: [] }, /`updateOnly`/],
    [{ catalog: {} }, /`catalog` is a Catalog/],
    [{ catalog: null }, /`catalog` is a Catalog/],
    [{ onProgress: 1 }, /`onProgress` is a function/],
    [{ signal: {} }, /`signal` is an AbortSignal/],
    [{ client: 'driver' }, /`client` can only be 'psql' here/],
    [null, /options are an object/],
    ['rows', /options are an object/],
    [[], /options are an object/],
  ];
  for (const [options, text] of wrong) {
    for (const make of [createRewriter, rewriterPair, (given) => rewrite([], given)]) {
      assert.throws(() => make(options), isError('invalid_option', text));
    }
    await assert.rejects(convert(DUMP, options), isError('invalid_option', text));
    await assert.rejects(convertFile('a', 'b', options), isError('invalid_option', text));
  }
  assert.throws(() => statements([], { client: 'psql' }), isError('invalid_option', /only be 'driver'/));
  assert.throws(() => statements([], { style: 'staged' }), isError('invalid_option', /needs psql/));
  // What is undefined is not there, and names of tables are left as they are.
  await convert(DUMP, { style: undefined, catalog: [], keys: { 'public.t': ['id'] }, tables: { t_b: { update: 'changed' } } });
});

test('text that PostgreSQL cannot have', async () => {
  const nul = /NUL byte/;
  const wrong = [
    { excludeTables: ['public.t\0'] },
    { onlyTables: ['"t\0"'] },
    { onlySchemas: ['"public\0"'] },
    { keys: { 'public.t': '"id\0"' } },
    { keys: { 'public."t\0"': 'id' } },
    { tables: { 'public.t': { updateNever: ['"v\0"'] } } },
    { guard: '"v\0"' },
    { update: 'newer("v\0")' },
    { allowRelations: ['public."w\0"'] },
    { exclude: ["public.t: v = '\0'"] },
    { foreignKeys: ['public.t("v\0") REFERENCES public.t(id)'] },
    { demoFlag: 'v\0' },
    { database: 'd\0' },
  ];
  for (const options of wrong) await assert.rejects(convert(DUMP, options), isError('invalid_option', nul));
  await assert.rejects(convert(DUMP, { database: '' }), isError('invalid_option', /empty/));
  await assert.rejects(Catalog.fromSchemaSql('CREATE TABLE t (id int PRIMARY KEY, "g\0" int)'), isError('invalid_catalog', nul));
  await assert.rejects(Catalog.fromSchemaSql(Buffer.from('CREATE TABLE "caf\xe9" (id int)', 'latin1')), isError('invalid_catalog', /UTF8/));
  const catalog = JSON.parse((await Catalog.fromSchemaSql("CREATE TABLE t (id int PRIMARY KEY, v text DEFAULT 'x')")).toJson());
  const change = (edit) => {
    const copy = structuredClone(catalog);
    edit(copy.tables[0]);
    return JSON.stringify(copy);
  };
  for (const edit of [
    (table) => (table.name = 't\0'),
    (table) => (table.schema = ''),
    (table) => (table.columns[1].name = 'v\0'),
    (table) => (table.columns[1].default_value = 'x\0y'),
    (table) => (table.keys[0].name = 'k\0'),
  ]) {
    await assert.rejects(Catalog.fromJson(change(edit)), isError('invalid_catalog'));
  }
});

test('chunks that are none', async () => {
  for (const chunk of [1, {}, [], Symbol('s'), true]) {
    const stream = createRewriter();
    const failed = once(stream, 'error');
    assert.equal(stream.write(chunk), false);
    isError('invalid_argument')((await failed)[0]);
    await assert.rejects(convert(chunk), isError('invalid_argument'));
    const { error } = await collect(rewrite([DUMP, chunk]));
    isError('invalid_argument')(error);
    const { readable, writable } = rewriterPair();
    const writer = writable.getWriter();
    await assert.rejects(writer.write(chunk), isError('invalid_argument'));
    isError('invalid_argument')((await collect(readable)).error);
  }
  for (const input of [undefined, null, 1, {}]) {
    await assert.rejects(convert(input), isError('invalid_argument'));
    assert.throws(() => rewrite(input), isError('invalid_argument'));
    await assert.rejects(convertFile(input, 'out'), isError('invalid_argument'));
    await assert.rejects(Catalog.fromJson(input), isError('invalid_argument'));
  }
  assert.throws(() => new Catalog(), isError('invalid_argument'));
});

test('characters that are cut', async () => {
  const { sql } = await convert(DUMP);
  assert.ok(sql.includes('é😀'));
  const bytes = Buffer.from(DUMP);
  // Strings are cut between code units, bytes inside of characters.
  for (const chunks of [DUMP.split(''), [...bytes].map((byte) => Buffer.of(byte)), [new Uint16Array(0), bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)]]) {
    assert.equal((await collect(rewrite(chunks))).script.toString(), sql);
    const web = ReadableStream.from(chunks).pipeThrough(rewriterPair());
    assert.equal((await collect(web)).script.toString(), sql);
  }
  const stream = createRewriter();
  stream.write(bytes.toString('hex'), 'hex');
  stream.end();
  assert.equal((await collect(stream)).script.toString(), sql);
  const half = '\ud83d';
  for (const chunks of [[half], [half, 'x'], [half, Buffer.from('x')], ['\ude00'], [`a${half}b`]]) {
    isError('encoding')((await collect(rewrite(chunks))).error);
    isError('encoding')((await collect(ReadableStream.from(chunks).pipeThrough(rewriterPair()))).error);
  }
  await assert.rejects(convert(half), isError('encoding'));
});

test('after the end', async () => {
  const stream = createRewriter();
  stream.resume();
  stream.on('error', () => {});
  stream.end(DUMP);
  await once(stream, 'close');
  const error = await new Promise((resolve) => stream.write('x', resolve));
  isError('finished')(error);
  const early = createRewriter();
  early.end(DUMP);
  const failed = once(early, 'error');
  early.write('x');
  isError('finished')((await failed)[0]);
  const { writable, readable } = rewriterPair();
  const writer = writable.getWriter();
  const closed = writer.write(DUMP).then(() => writer.close());
  await collect(readable);
  await closed;
  await assert.rejects(writer.write('x'), isError('finished'));
  const closing = rewriterPair().writable.getWriter();
  closing.close().catch(() => {});
  await assert.rejects(closing.write('x'), isError('finished'));
});

test('two steps at the same time', async () => {
  const dump = Buffer.from(DUMP.repeat(100_000));
  let failure;
  // The first may be over before the second is asked for, where this thread had to wait in between.
  for (let turn = 0; turn < 100 && failure === undefined; turn += 1) {
    const run = new NativeRun(new NativePlan('{"style":"rows"}', []));
    run.feed(dump);
    const first = run.step();
    try {
      await run.step();
    } catch (error) {
      failure = error;
    }
    assert.equal((await first).more, true);
    run.close();
    assert.match((await run.step()).fault, /has ended already/);
  }
  assert.match(failure.message, /two steps at the same time/);
});

test('an input that fails', async () => {
  async function* failing() {
    yield DUMP;
    throw new Error('the line is cut');
  }
  const { error } = await collect(rewrite(failing()));
  isError('read')(error);
  assert.equal(error.cause.message, 'the line is cut');
  const stream = createRewriter();
  await assert.rejects(pipeline(Readable.from(failing()), stream, new PassThrough().resume()), /the line is cut/);
  await assert.rejects(stream.report, isError('aborted'));
  const pair = rewriterPair();
  const { error: web } = await collect(ReadableStream.from(failing()).pipeThrough(pair));
  isError('aborted')(web);
  assert.equal(web.cause.message, 'the line is cut');
  await assert.rejects(pair.report, web);
  // An abort in the middle of a write, and before any.
  for (const isBusy of [false, true]) {
    const { readable, writable } = rewriterPair();
    const writer = writable.getWriter();
    const written = isBusy ? assert.rejects(writer.write(DUMP.repeat(100_000))) : undefined;
    await Promise.all([writer.abort(new Error('gone')), written]);
    isError('aborted')((await collect(readable)).error);
    await assert.rejects(writer.closed, { message: 'gone' });
  }
});

test('an end that fails reaches both sides', async () => {
  const pair = rewriterPair();
  const writer = pair.writable.getWriter();
  const closed = writer.write("INSERT INTO public.t (id) VALUES ('").then(() => writer.close());
  const outcome = assert.rejects(closed, isError('truncated'));
  isError('truncated')((await collect(pair.readable)).error);
  await outcome;
  const stream = createRewriter();
  stream.end("INSERT INTO public.t (id) VALUES ('");
  const { script, error } = await collect(stream);
  isError('truncated')(error);
  assert.ok(script.includes('RAISE EXCEPTION'), 'the script says that it fails, before the stream does');
  // Somebody who only writes hears of it too.
  const unread = createRewriter();
  const failed = once(unread, 'error');
  unread.read(0);
  unread.end('INSERT INTO public.t (id) VALUES (now());');
  isError('unexpected_token')((await failed)[0]);
});

test('signals', async (t) => {
  const reason = new Error('no more');
  const check = (error) => isError('aborted')(error) && assert.equal(error.name, 'AbortError') === undefined && error.cause === reason;
  for (const delay of [undefined, 0, 20]) {
    const start = () => {
      const controller = new AbortController();
      if (delay === undefined) controller.abort(reason);
      else setTimeout(() => controller.abort(reason), delay);
      return controller.signal;
    };
    assert.ok(check((await collect(rewrite(endless(), { signal: start() }))).error));
    const stream = createRewriter({ signal: start() });
    await assert.rejects(pipeline(endless(), stream, new PassThrough().resume()), check);
    await assert.rejects(stream.report, check);
    const pair = rewriterPair({ signal: start() });
    assert.ok(check((await collect(ReadableStream.from(endless()).pipeThrough(pair))).error));
    await assert.rejects(pair.report, check);
  }
  // Within one statement, too.
  async function* statement() {
    yield 'INSERT INTO public.t (id, v) VALUES (1, 1)';
    for (;;) yield ', (1, 1)'.repeat(10_000);
  }
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), 20);
  assert.ok(check((await collect(rewrite(statement(), { signal: controller.signal }))).error));
  const directory = folder(t);
  const [dump, out] = [join(directory, 'dump.sql'), join(directory, 'out.sql')];
  // Of a full dump, which is read twice: it is stopped in the first reading too.
  writeFileSync(dump, `CREATE TABLE public.t (id integer PRIMARY KEY, v text);\n${DUMP.repeat(1_000_000)}`);
  for (const delay of [undefined, 0, 5, 20]) {
    const controller = new AbortController();
    if (delay === undefined) controller.abort(reason);
    else setTimeout(() => controller.abort(reason), delay);
    await assert.rejects(convertFile(dump, out, { signal: controller.signal }), check);
    assert.deepEqual(readdirSync(directory), ['dump.sql']);
  }
  // A run that waits for its turn can be stopped as well, and gives its turn to nobody.
  const controllers = Array.from({ length: 6 }, () => new AbortController());
  const runs = controllers.map(({ signal }, index) => convertFile(dump, `${out}.${index}`, { signal }));
  const outcomes = runs.map((run) => assert.rejects(run, check));
  controllers.reverse().forEach((controller) => controller.abort(reason));
  await Promise.all(outcomes);
  await convert(DUMP);
});

test('a progress that throws', async () => {
  const options = {
    onProgress() {
      throw new Error('no screen');
    },
  };
  isError('internal', /no screen/)((await collect(rewrite([DUMP], options))).error);
  isError('internal', /no screen/)((await collect(ReadableStream.from([DUMP]).pipeThrough(rewriterPair(options)))).error);
  await assert.rejects(convert(DUMP, options), isError('internal', /no screen/));
});

test('files', async (t) => {
  const directory = folder(t);
  const [dump, out] = [join(directory, 'dump.sql'), join(directory, 'out.sql')];
  writeFileSync(dump, DUMP);
  await assert.rejects(convertFile(join(directory, 'nothing'), out), isError('read', /nothing cannot be read/));
  await assert.rejects(inspectFile(join(directory, 'nothing')), isError('read', /nothing cannot be read/));
  linkSync(dump, join(directory, 'hard.sql'));
  symlinkSync('dump.sql', join(directory, 'soft.sql'));
  for (const path of [dump, join(directory, 'hard.sql'), join(directory, 'soft.sql')]) {
    await assert.rejects(convertFile(dump, path), isError('invalid_option', /the dump itself/));
    await assert.rejects(convertFile(path, dump), isError('invalid_option', /the dump itself/));
    rmSync(path === dump ? out : path, { force: true });
  }
  assert.equal(readFileSync(dump, 'utf8'), DUMP);
  await assert.rejects(convertFile(dump, directory), isError('invalid_option', /is a directory/));
  await assert.rejects(convertFile(dump, join(directory, 'no/where')), isError('write'));
  await assert.rejects(convertFile(dump, 'a\0b'), isError('invalid_argument'));
  await assert.rejects(convertFile(dump, new URL('http://localhost/x')), isError('invalid_argument'));
  writeFileSync(join(directory, 'bad.sql'), `${DUMP}DELETE FROM t;`);
  await assert.rejects(convertFile(join(directory, 'bad.sql'), out), isError('statement_not_allowed'));
  assert.ok(!existsSync(out));
  const seen = [];
  const report = await convertFile(pathToFileURL(dump), pathToFileURL(out), { onProgress: (progress) => seen.push(progress) });
  assert.equal(report.tables[0].rows_kept, 1);
  chmodSync(out, 0o600);
  await convertFile(dump, out);
  assert.equal(statSync(out).mode & 0o777, 0o600, 'the mode of a file that is replaced stays');
  assert.deepEqual(seen.at(-1), { bytes: Buffer.byteLength(DUMP), rows: 1, table: 'public.t' });
  assert.deepEqual(readdirSync(directory).sort(), ['bad.sql', 'dump.sql', 'out.sql']);
});

test('hints name options as JavaScript does', async () => {
  await assert.rejects(convert(DUMP, { excludeDemo: true }), isError('invalid_option', /`cascade: false`/));
  await assert.rejects(
    convert('INSERT INTO public.t (k) VALUES (1);\n', { style: 'rows' }),
    isError('no_key', /`style: 'staged'`.*`keys: \{'public\.t': 'column,column'\}`/),
  );
});

test('catalogs', async () => {
  await assert.rejects(Catalog.fromSchemaSql('PGDMP'), isError('invalid_catalog', /archive/));
  await assert.rejects(Catalog.fromSchemaSql(DUMP), isError('invalid_catalog', /rows and no tables/));
  await assert.rejects(Catalog.fromJson('CREATE TABLE t (id int)'), isError('invalid_catalog', /no JSON/));
  await assert.rejects(Catalog.fromSchemaSql('CREATE TABLE ('), isError('invalid_catalog'));
  await assert.rejects(Catalog.fromJson('{}'), isError('invalid_catalog'));
  await assert.rejects(Catalog.fromQuery('SELECT 1'), isError('invalid_argument'));
  for (const rows of [undefined, [], [{}], [1], { rows: [] }, [{ catalog: {} }, {}]]) {
    await assert.rejects(Catalog.fromQuery(async () => rows), isError('invalid_catalog'));
  }
  const thrown = new Error('no connection');
  await assert.rejects(
    Catalog.fromQuery(() => Promise.reject(thrown)),
    thrown,
  );
  const catalog = await Catalog.fromSchemaSql('CREATE TABLE public.t (k integer PRIMARY KEY, v text);');
  const again = await Catalog.fromJson(catalog.toJson());
  assert.equal(again.toJson(), catalog.toJson());
  const { sql } = await convert('INSERT INTO public.t (k, v) VALUES (1, NULL);', { style: 'rows', catalog: again });
  assert.ok(sql.includes('ON CONFLICT("k")'));
});

test('a generator that is left early frees its input', async () => {
  let isFreed = false;
  async function* input() {
    try {
      yield* endless();
    } finally {
      isFreed = true;
    }
  }
  const generator = rewrite(input());
  for await (const chunk of generator) if (chunk.length > 0) break;
  await assert.rejects(generator.report, isError('aborted'));
  await sleep(10);
  assert.ok(isFreed);
});
