// Nothing is kept that is not needed, and the event loop goes on.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { createRequire } from 'node:module';
import v8 from 'node:v8';
import vm from 'node:vm';
import { createRewriter, rewriterPair, statements } from '../index.mjs';
import { random } from './support.mjs';

v8.setFlagsFromString('--expose-gc');
const gc = vm.runInNewContext('gc');
const { liveRuns } = createRequire(import.meta.url)('../native.js');
const MB = 1 << 20;
/** 64 KiB of rows. */
const CHUNK = Buffer.from("INSERT INTO public.t (id, v, w) VALUES (1, 'some text; with it''s quotes', 4.25);\n".repeat(820)).subarray(0, 65_536);
const ROW = CHUNK.lastIndexOf(10) + 1;
const ROWS = CHUNK.subarray(0, ROW);

function* dump(bytes) {
  for (let sent = 0; sent < bytes; sent += ROWS.length) yield Buffer.from(ROWS);
}

const rss = () => process.memoryUsage.rss();
async function settled() {
  for (let turn = 0; turn < 5; turn += 1) {
    gc();
    await sleep(5);
  }
  return rss();
}

const devNull = () => new Writable({ write: (chunk, encoding, callback) => callback() });

/** A run of `bytes`; returns the most memory that was taken beside what was there, and the longest gap of the loop. */
async function watched(run) {
  const before = await settled();
  let [peak, gap, last] = [before, 0, performance.now()];
  const timer = setInterval(() => {
    const now = performance.now();
    gap = Math.max(gap, now - last);
    last = now;
    peak = Math.max(peak, rss());
  }, 1);
  await run();
  clearInterval(timer);
  return { grown: peak - before, gap };
}

const RUNS = {
  node: (bytes, options) => pipeline(Readable.from(dump(bytes)), createRewriter(options), devNull()),
  web: (bytes, options) => ReadableStream.from(dump(bytes)).pipeThrough(rewriterPair(options)).pipeTo(new WritableStream()),
};

for (const [name, run] of Object.entries(RUNS)) {
  test(`memory and event loop: ${name}`, async (t) => {
    await run(64 * MB, {});
    let { grown, gap } = await watched(() => run(1024 * MB, {}));
    // V8 lets buffers pile up before it collects them, more or less of them as the machine has time for that. What is kept
    // or queues up is there in every run.
    for (let more = 0; more < 2 && grown >= 64e6; more += 1) ({ grown, gap } = await watched(() => run(1024 * MB, {})));
    t.diagnostic(`1 GiB: ${(grown / MB).toFixed(1)} MiB more memory, longest gap ${gap.toFixed(1)} ms`);
    assert.ok(grown < 64e6, `${grown} bytes`);
    // On an idle machine it is below 20 ms (benches/record); what else runs on this one is not known here.
    assert.ok(gap < 250, `${gap} ms`);
  });
}

test('a reader that stops', async (t) => {
  // A row that becomes forty times as long, and rows as usual.
  const columns = Array.from({ length: 300 }, (_, index) => `a_column_with_quite_a_long_name_${index}`);
  const wide = Buffer.from(`COPY public.t (id, ${columns}) FROM stdin;\n`);
  const wideRows = Buffer.from(`1${'\t'.repeat(300)}\n`.repeat(200).replaceAll('\t', '\t1'));
  function* wideDump() {
    yield wide;
    for (;;) yield Buffer.from(wideRows);
  }
  for (const input of [() => dump(Infinity), wideDump]) {
    const readers = {
      node() {
        const stream = createRewriter();
        const source = Readable.from(input());
        source.pipe(stream);
        stream.once('readable', () => {});
        return () => (source.destroy(), stream.destroy());
      },
      async web() {
        const reader = ReadableStream.from(input()).pipeThrough(rewriterPair()).getReader();
        await reader.read();
        return () => reader.cancel();
      },
      async statements() {
        const generator = statements(input());
        for (let count = 0; count < 50; count += 1) await generator.next();
        return () => generator.return();
      },
    };
    for (const [name, start] of Object.entries(readers)) {
      // Once before, so that what stays for good is there.
      for (const isWarm of [false, true]) {
        const before = await settled();
        let read = 0;
        const stop = await start();
        await sleep(500);
        const after = await settled();
        if (isWarm) {
          t.diagnostic(`${name}: ${((after - before) / MB).toFixed(1)} MiB`);
          assert.ok(after - before < 8e6, `${name}: ${after - before} bytes, ${read}`);
        }
        await stop();
        await sleep(20);
      }
    }
  }
});

test('1000 runs that are stopped at any point', async (t) => {
  const next = random(t);
  const one = async (index) => {
    const controller = new AbortController();
    const options = { signal: controller.signal, style: next() < 0.5 ? 'rows' : 'staged' };
    const wait = Math.floor(next() * 6);
    const stop = async (act) => {
      for (let turn = 0; turn < wait; turn += 1) await (next() < 0.8 ? new Promise(setImmediate) : sleep(1));
      act();
    };
    const size = 1 + Math.floor(next() * 200_000);
    function* input() {
      for (;;) yield Buffer.from(ROWS.subarray(0, Math.min(size, ROWS.length)));
    }
    const way = Math.floor(next() * 4);
    if (way === 0) {
      const stream = createRewriter(options);
      const run = pipeline(Readable.from(input()), stream, devNull());
      await Promise.all([stop(() => stream.destroy()), assert.rejects(run)]);
    } else if (way === 1) {
      const run = pipeline(Readable.from(input()), createRewriter(options), devNull());
      await Promise.all([stop(() => controller.abort()), assert.rejects(run)]);
    } else if (way === 2) {
      const reader = ReadableStream.from(input()).pipeThrough(rewriterPair(options)).getReader();
      await Promise.all([stop(() => reader.cancel()), reader.read().catch(() => {})]);
    } else {
      const run = RUNS.web(Infinity, options);
      await Promise.all([stop(() => controller.abort(new Error(`${index}`))), assert.rejects(run)]);
    }
  };
  for (let index = 0; index < 200; index += 1) await one(index);
  const before = await settled();
  for (let index = 0; index < 1000; index += 1) await one(index);
  const after = await settled();
  t.diagnostic(`1000 runs: ${((after - before) / MB).toFixed(1)} MiB`);
  assert.equal(liveRuns(), 0);
  // Each holds up to several MiB while it runs: one in fifty that stayed would be seen. What malloc keeps is less.
  assert.ok(after - before < 48e6, `${after - before} bytes`);
});

test('a stream that nobody uses any more', async () => {
  const before = await settled();
  for (let index = 0; index < 300; index += 1) {
    const stream = createRewriter();
    stream.write(ROWS);
    stream.read(0);
    if (index % 2 === 0) {
      stream.destroy();
      await once(stream, 'close');
    }
  }
  await sleep(50);
  const after = await settled();
  assert.ok(after - before < 64e6, `${after - before} bytes`);
});
