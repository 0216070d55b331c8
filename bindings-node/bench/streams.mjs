// Measures the streams against the crate: throughput in turns with `feed` of benches/, the longest gap of the event loop,
// growth of memory, and what queues up before a reader that has stopped. Nothing is written anywhere but to the screen.
//
//   npm run build && cargo build --release -p dumpsert-benches --bins
//   ../target/release/generate inserts 256 > dump.sql
//   node --expose-gc bench/streams.mjs ../target/release/feed dump.sql [ROUNDS]

import { execFileSync } from 'node:child_process';
import { createReadStream, readFileSync } from 'node:fs';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRewriter, rewriterPair } from '../index.mjs';

const [feed, path, rounds = '10'] = process.argv.slice(2);
const CHUNK = 64 * 1024;
const GIB = 2 ** 30;
const bytes = readFileSync(path);
const mb = (count) => (count / 1e6).toFixed(1);

function* pieces(total = bytes.length) {
  for (let sent = 0; sent < total; sent += CHUNK) {
    const start = sent % bytes.length;
    yield bytes.subarray(start, start + CHUNK);
  }
}
const sources = {
  memory: () => Readable.from(pieces()),
  file: () => createReadStream(path, { highWaterMark: CHUNK }),
};
const webSources = {
  memory: () => ReadableStream.from(pieces()),
  file: () => Readable.toWeb(createReadStream(path, { highWaterMark: CHUNK })),
};
const forget = () => new Writable({ write: (chunk, encoding, callback) => callback() });
const ways = {
  node: (source, style) => pipeline(sources[source](), createRewriter({ style }), forget()),
  web: (source, style) => webSources[source]().pipeThrough(rewriterPair({ style })).pipeTo(new WritableStream()),
};

async function settled() {
  for (let turn = 0; turn < 10; turn += 1) {
    globalThis.gc();
    await sleep(10);
  }
  return process.memoryUsage.rss();
}

/** The longest time between two turns of the loop, in milliseconds, and the most memory beside what was there. */
async function watched(run) {
  const before = await settled();
  let [last, gap, peak, isOver] = [performance.now(), 0, before, false];
  const turn = () => {
    const now = performance.now();
    gap = Math.max(gap, now - last);
    last = now;
    if (!isOver) setImmediate(turn);
  };
  const timer = setInterval(() => void (peak = Math.max(peak, process.memoryUsage.rss())), 2);
  setImmediate(turn);
  await run();
  isOver = true;
  clearInterval(timer);
  return { gap, grown: peak - before };
}

/** Milliseconds of a run. */
async function timed(run) {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

const median = (values) => values.toSorted((one, other) => one - other)[values.length >> 1];

async function throughput() {
  console.log(`${mb(bytes.length)} MB in chunks of 64 KiB, medians of ${rounds} rounds, in turns`);
  console.log('| style, from | crate, MB/s | Node stream | Web stream | gap: Node, Web |\n|---|---|---|---|---|');
  for (const style of ['rows', 'staged']) {
    for (const source of ['memory', 'file']) {
      const runs = {
        crate: () => Number(execFileSync(feed, [path, style, source])),
        node: () => timed(() => ways.node(source, style)),
        web: () => timed(() => ways.web(source, style)),
        alone: () => (source === 'file' ? timed(() => pipeline(sources.file(), forget())) : 0),
      };
      const times = Object.fromEntries(Object.keys(runs).map((name) => [name, []]));
      // The first round is for warming up.
      for (let round = 0; round <= Number(rounds); round += 1) {
        for (const [name, run] of Object.entries(runs)) {
          const time = await run();
          if (round > 0) times[name].push(time);
        }
      }
      // The gap is looked at by a loop that costs time: not in the same run.
      const gaps = {};
      for (const way of ['node', 'web']) gaps[way] = (await watched(() => ways[way](source, style))).gap.toFixed(1);
      const speed = (name) => mb(bytes.length / (median(times[name]) / 1000));
      const part = (name) => `${speed(name)} (${Math.round((100 * median(times.crate)) / median(times[name]))} %)`;
      console.log(`| ${style}, ${source} | ${speed('crate')} | ${part('node')} | ${part('web')} | ${gaps.node} ms, ${gaps.web} ms |`);
      if (source === 'file') console.log(`| Node reads the file, and nothing else | | ${speed('alone')} | | |`);
    }
  }
}

async function memory() {
  // The dump over and over, without the comments at its ends, which would say that a second dump begins.
  const rows = bytes.subarray(bytes.indexOf('\nINSERT') + 1, bytes.lastIndexOf(');\n') + 3);
  function* gigabyte() {
    for (let sent = 0; sent < GIB; sent += rows.length) {
      for (let start = 0; start < rows.length; start += CHUNK) yield Buffer.from(rows.subarray(start, start + CHUNK));
    }
  }
  const runs = {
    node: () => pipeline(Readable.from(gigabyte()), createRewriter(), forget()),
    web: () => ReadableStream.from(gigabyte()).pipeThrough(rewriterPair()).pipeTo(new WritableStream()),
  };
  for (const [name, run] of Object.entries(runs)) {
    await ways[name]('memory', 'rows');
    console.log(`1 GiB through ${name}: ${mb((await watched(run)).grown)} MB more memory`);
  }
}

/** How much is taken from an endless input while nobody reads. */
async function stalled() {
  let taken = 0;
  async function* endless() {
    for (;;) {
      for (const piece of pieces()) {
        taken += piece.length;
        yield piece;
        await new Promise(setImmediate);
      }
    }
  }
  const source = Readable.from(endless());
  const stream = createRewriter();
  source.pipe(stream);
  stream.once('readable', () => {});
  await sleep(1000);
  console.log(`Node stream, reader stopped: ${mb(taken)} MB of input taken`);
  source.destroy();
  stream.destroy();
  taken = 0;
  const reader = ReadableStream.from(endless()).pipeThrough(rewriterPair()).getReader();
  const { value } = await reader.read();
  await sleep(1000);
  console.log(`Web stream, reader stopped after ${mb(value.length)} MB: ${mb(taken)} MB of input taken`);
  await reader.cancel();
}

await memory();
await stalled();
await throughput();
