// How far a run is, in every way in.

import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { convert, convertFile, createRewriter, inspect, inspectFile, rewrite, rewriterPair, statements } from '../index.mjs';
import { cut, folder } from './support.mjs';

const COUNT = 60_000;
const table = (name) => `INSERT INTO public.${name} (id, v) VALUES (1, 'some text; with it\'\'s quotes');\n`.repeat(COUNT / 2);
const DUMP = Buffer.from(table('a') + table('b'));

/** The streams, each with how it is read to its end. */
const STREAMS = {
  createRewriter: async (dump, options) => {
    for await (const chunk of Readable.from(cut(dump, 65_536)).compose(createRewriter(options))) assert.ok(chunk.length > 0);
  },
  rewriterPair: async (dump, options) => {
    await ReadableStream.from(cut(dump, 65_536)).pipeThrough(rewriterPair(options)).pipeTo(new WritableStream());
  },
  rewrite: async (dump, options) => {
    for await (const chunk of rewrite(cut(dump, 65_536), options)) assert.ok(chunk.length > 0);
  },
  statements: async (dump, options) => {
    for await (const sql of statements(cut(dump, 65_536), options)) assert.ok(sql.length > 0);
  },
};

/** Runs, and returns what was told of it meanwhile. */
async function progressOf(run) {
  const seen = [];
  await run({ style: 'rows', onProgress: (progress) => seen.push(progress) });
  for (const [index, { bytes, rows }] of seen.entries()) {
    const before = seen[index - 1] ?? { bytes: 0, rows: 0 };
    assert.ok(bytes >= before.bytes && rows >= before.rows, 'it never goes back');
  }
  assert.deepEqual(seen.at(-1), { bytes: DUMP.length, rows: COUNT, table: 'public.b' });
  return seen;
}

for (const [name, run] of Object.entries(STREAMS)) {
  test(`progress of ${name}`, async () => {
    for (const dump of [DUMP, gzipSync(DUMP)]) {
      const seen = await progressOf((options) => run(dump, options));
      // At the end of every step, of which each reads 4 MiB at most, and most less.
      assert.ok(seen.length >= DUMP.length / (2 << 20), `${seen.length} times`);
      assert.ok(seen.some(({ rows, table }) => rows < COUNT / 2 && table === 'public.a'));
    }
  });
}

test('progress of what is converted as a whole', async (t) => {
  const directory = folder(t);
  const [from, to] = [join(directory, 'dump.sql'), join(directory, 'out.sql')];
  for (const dump of [DUMP, gzipSync(DUMP)]) {
    writeFileSync(from, dump);
    await progressOf((options) => convert(dump, options));
    await progressOf((options) => convertFile(from, to, options));
    await progressOf((options) => inspect(dump, options));
    await progressOf((options) => inspectFile(from, options));
  }
});

test('what is done is not stopped any more', async (t) => {
  const directory = folder(t);
  const [from, to] = [join(directory, 'dump.sql'), join(directory, 'out.sql')];
  writeFileSync(from, table('a').slice(0, 7300));
  const controller = new AbortController();
  // This run is so short that its progress is told at its end alone.
  const report = await convertFile(from, to, { onProgress: () => controller.abort(), signal: controller.signal });
  assert.equal(controller.signal.aborted, true);
  assert.equal(report.tables[0].rows_kept, 100);
  assert.ok(existsSync(to));
});

test('progress of a run that takes its time', async () => {
  // Ten times a second: these runs last long enough on any machine, and are stopped when they have told often enough.
  const large = Buffer.concat(Array.from({ length: 100 }, () => DUMP));
  for (const run of [convert, inspect]) {
    const controller = new AbortController();
    const seen = [];
    const onProgress = (progress) => {
      seen.push(progress);
      if (seen.length === 2) controller.abort();
    };
    await run(large, { onProgress, signal: controller.signal }).catch((error) => assert.equal(error.name, 'AbortError'));
    // The first may come before anything is read.
    assert.ok(seen.length >= 2 && seen.some(({ bytes }) => bytes > 0 && bytes < large.length), `${run.name}: ${JSON.stringify(seen)}`);
  }
});
