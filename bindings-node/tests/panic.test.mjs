// A bug of the native part is an error of one run, and not the end of the process. The places of the panics are in
// `src/`; a library that is built without the feature `drill` has none.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { Catalog, DumpsertError, convert, convertFile, createRewriter, inspect, restore, rewrite, rewriterPair, statements } from '../index.mjs';
import { collect, folder, here } from './support.mjs';

const { liveRuns, panicAt } = createRequire(import.meta.url)('../native.js');
const DUMP = "INSERT INTO public.t (id, v) VALUES (1, 'one');\n";

/** What an async function or a generator throws. */
async function thrownBy(run) {
  try {
    const made = await run();
    if (made?.[Symbol.asyncIterator] !== undefined) return (await collect(made)).error;
  } catch (error) {
    return error;
  }
  return undefined;
}

const STREAMS = {
  createRewriter: () => {
    const stream = createRewriter();
    Readable.from([DUMP]).pipe(stream);
    return stream;
  },
  rewriterPair: () => ReadableStream.from([DUMP]).pipeThrough(rewriterPair()),
  rewrite: () => rewrite([DUMP]),
  statements: async () => {
    for await (const sql of statements([DUMP])) assert.equal(typeof sql, 'string');
  },
};
const directory = (t) => [join(folder(t), 'dump.sql'), join(folder(t), 'out.sql')];

test('a panic on either thread', async (t) => {
  const [from, to] = directory(t);
  writeFileSync(from, DUMP);
  const works = { convert: () => convert(DUMP), convertFile: () => convertFile(from, to), inspect: () => inspect(DUMP) };
  const catalogs = { fromSchemaSql: () => Catalog.fromSchemaSql('CREATE TABLE public.t (id integer);') };
  // There is no server here: without programs it ends before it asks for one.
  const binDir = folder(t);
  const restores = {
    restore: () => restore([DUMP], { to: 'dbname=x', binDir }).catch((error) => {
        if (error.code !== 'program') throw error;
      }),
  };
  const places = {
    'NativePlan::new': { ...STREAMS, ...works },
    'NativeRestore::new': restores,
    'NativeRestore::run': restores,
    'NativeRun::feed': STREAMS,
    'Run::step': STREAMS,
    'StepTask::resolve': STREAMS,
    'WorkTask::compute': works,
    'WorkTask::resolve': works,
    'CatalogTask::compute': catalogs,
    'CatalogTask::resolve': catalogs,
  };
  // No place is forgotten here.
  const sources = readdirSync(join(here, '../src')).map((name) => readFileSync(join(here, '../src', name), 'utf8'));
  const found = sources.flatMap((source) => [...source.matchAll(/drill::passe?d?\("(.*?)"/g)].map(([, place]) => place));
  assert.deepEqual(found.sort(), Object.keys(places).sort());
  for (const [place, runs] of Object.entries(places)) {
    for (const [name, run] of Object.entries(runs)) {
      assert.equal(panicAt(place), false);
      const error = await thrownBy(run);
      assert.equal(panicAt(undefined), false, `${place} was passed by ${name}`);
      assert.ok(error instanceof DumpsertError, `${place}, ${name}: ${error}`);
      const message = `a drill at ${place}: dumpsert was built with fault injection`;
      assert.deepEqual([error.code, error.category, error.message], ['internal', 'internal', message], name);
      // And the next one goes well.
      assert.equal(await thrownBy(run), undefined, `after ${place}, ${name}`);
    }
  }
  await sleep(20);
  assert.equal(liveRuns(), 0);
});
