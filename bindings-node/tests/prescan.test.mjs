// Dumps that have to be read before they are written: what a row becomes is known only later in the dump.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { Catalog, DumpsertError, convert, convertFile, createRewriter, inspect, inspectFile, rewrite, rewriterPair, statements } from '../index.mjs';
import { collect, cut, folder } from './support.mjs';

const { liveRuns } = createRequire(import.meta.url)('../native.js');
const SCHEMA = 'CREATE TABLE public.people (id integer PRIMARY KEY, boss integer REFERENCES public.people, v text);\n';
const ROWS = 200_000;

/** Of every hundred rows the last is left out; each of the fifty before it references the next. Larger than what is kept in memory. */
function dump() {
  const rows = Array.from({ length: ROWS }, (_, id) => {
    const boss = id % 100 >= 50 && id % 100 < 99 ? id + 1 : 'NULL';
    return `INSERT INTO public.people (id, boss, v) VALUES (${id}, ${boss}, '${id % 100 === 99 ? 'gone' : 'here'}');\n`;
  });
  return Buffer.from(rows.join(''));
}

const options = async () => ({ catalog: await Catalog.fromSchemaSql(SCHEMA), exclude: "public.people: v = 'gone'" });

test('rows left out because of later ones, in every way in', async (t) => {
  const bytes = dump();
  assert.ok(bytes.length > 8e6);
  const directory = folder(t);
  const [path, out] = [join(directory, 'dump.sql'), join(directory, 'out.sql')];
  writeFileSync(path, bytes);
  const report = await convertFile(path, out, await options());
  assert.equal(report.tables[0].rows_kept, ROWS / 2);
  const script = readFileSync(out);
  const whole = await convert(bytes, await options());
  assert.ok(whole.sql.equals(script));
  assert.deepEqual(whole.report, report);

  const [stream, generator, pair] = [createRewriter(await options()), rewrite(cut(bytes, 65_536), await options()), rewriterPair(await options())];
  Readable.from(cut(bytes, 65_536)).pipe(stream);
  const start = performance.now();
  let [last, gap] = [start, 0];
  const timer = setInterval(() => {
    gap = Math.max(gap, performance.now() - last);
    last = performance.now();
  }, 1);
  for (const [run, promised] of [
    [stream, stream.report],
    [generator, generator.report],
    [ReadableStream.from(cut(bytes, 65_536)).pipeThrough(pair), pair.report],
  ]) {
    const { script: made, error } = await collect(run);
    assert.equal(error, undefined);
    assert.ok(made.equals(script));
    assert.deepEqual(await promised, report);
  }
  clearInterval(timer);
  const took = performance.now() - start;
  t.diagnostic(`longest gap of the event loop: ${gap.toFixed(1)} ms`);
  // As in memory.test.mjs: what else runs on this machine is not known. One of the six readings takes longer.
  assert.ok(gap < Math.max(250, took / 12), `${gap} ms of ${took} ms`);

  const single = statements(cut(bytes, 65_536), { ...(await options()), style: 'batches' });
  let rows = 0;
  for await (const sql of single) rows += sql.match(/'here'\)/g)?.length ?? 0;
  assert.equal(rows, ROWS / 2);
  assert.deepEqual((await single.report).tables[0].left_out, report.tables[0].left_out);
});

test('what is kept for another reading is given back', async () => {
  const bytes = dump();
  for (const part of [0.1, 0.5, 0.9]) {
    const controller = new AbortController();
    async function* input() {
      yield* cut(bytes.subarray(0, bytes.length * part), 65_536);
      controller.abort();
      yield bytes.subarray(bytes.length * part);
    }
    const { error } = await collect(rewrite(input(), { ...(await options()), signal: controller.signal }));
    assert.equal(error.name, 'AbortError');
  }
  // A step that was under way ends first, however busy the machine is.
  for (let turn = 0; turn < 600 && liveRuns() > 0; turn += 1) await sleep(50);
  assert.equal(liveRuns(), 0);
});

test('a temporary file that cannot be made', async () => {
  const { TMPDIR } = process.env;
  process.env.TMPDIR = '/nowhere/at/all';
  try {
    const { error } = await collect(rewrite(cut(dump(), 65_536), await options()));
    assert.ok(error instanceof DumpsertError, String(error));
    assert.equal(error.category, 'io');
  } finally {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
  }
});

test('what is in a dump', async (t) => {
  const path = join(folder(t), 'dump.sql');
  const bytes = Buffer.from(`${SCHEMA}INSERT INTO public.people (id, boss, v) VALUES (1, 2, 'here'), (2, NULL, 'gone');\nINSERT INTO public.log (line) VALUES ('a');\n`);
  writeFileSync(path, bytes);
  const given = { exclude: "public.people: v = 'gone'" };
  const seen = [];
  const inspection = await inspect(bytes, { ...given, onProgress: (progress) => seen.push(progress) });
  assert.equal(seen.at(-1).bytes, bytes.length);
  assert.deepEqual(await inspectFile(path, given), inspection);
  assert.equal(inspection.shape.full, true);
  assert.equal(inspection.report.tables[0].rows_kept, 0);
  assert.deepEqual(inspection.problems.map(({ table }) => table), ['public.log']);
  assert.deepEqual(inspection.columns['public.people'], ['id', 'boss', 'v']);
  await assert.rejects(inspect("INSERT INTO public.people (id) VALUES ('"), { code: 'truncated' });
  await assert.rejects(inspectFile(`${path}.gone`), { code: 'read' });
  await assert.rejects(inspect(bytes, { signal: AbortSignal.abort() }), { name: 'AbortError' });
});
