// Dumps that are compressed, in every way in that takes pieces.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { DumpsertError, convert, createRewriter, rewrite, rewriterPair, statements } from '../index.mjs';
import { collect, cut, zstd } from './support.mjs';

const rows = (count) =>
  Array.from({ length: count }, (_, id) => `INSERT INTO public.t (id, v) VALUES (${id}, 'some text; with it\'\'s quotes ${(id * 7919) % 1000}');\n`).join('');
const PLAIN = Buffer.from(rows(40));
/** `zstd -19` of the same: Node 20 has no zstd. */
const BY_ZSTD = Buffer.from([
  'KLUv/QRohQcAUs4oG0BV2o/vg3sDsO3gKxNGF7m0sjuIhjw7w8HOBYCCALLk4/XxiMqOecfDY8oj53H1qOqH+zP+Nf+2f5qLhmx3',
  '3WeJMZ2p7EtlPLWZVimvKsVp2be7TmZtN9vrU2TE3DRV2qpqVa4uMvK1tQEKAih9Q1kYjuYbCFrRKyvyvLA+lHXKBbOBPkiBNw6P',
  'hAFyQeeDSRT4IkgiS4ST+cKhQNzBODQUiE6oIYTE9/8OwNWoDhL4/z/eMAQMAX/WZthDkJs/jGO/dns/uukOr/po0fvoDZSYfhNh',
  'fnAzEmxEG5QTXMgxB7cAHkCsb144QFIF0y8rcg==',
].join(''), 'base64');

/** Each gives output and report. Statements are given as they would stand in a script. */
const WAYS = {
  'Node stream': (chunks, options) => {
    const output = createRewriter(options);
    Readable.from(chunks).pipe(output);
    return { output, report: output.report };
  },
  'Web stream': (chunks, options) => {
    const pair = rewriterPair(options);
    return { output: ReadableStream.from(chunks).pipeThrough(pair), report: pair.report };
  },
  rewrite: (chunks, options) => {
    const output = rewrite(chunks, options);
    return { output, report: output.report };
  },
  statements: (chunks, options) => {
    const single = statements(chunks, options);
    async function* output() {
      for await (const sql of single) yield Buffer.from(sql);
    }
    return { output: output(), report: single.report };
  },
};

test('gzip and zstd give what the plain dump gives', async () => {
  const full = Buffer.from(`CREATE TABLE public.t (id integer, v text);\n${rows(40)}ALTER TABLE ONLY public.t ADD CONSTRAINT t_pkey PRIMARY KEY (id);\n`);
  const [half, rest] = [PLAIN.subarray(0, 1000), PLAIN.subarray(1000)];
  for (const [way, run] of Object.entries(WAYS)) {
    const expected = new Map();
    for (const dump of [PLAIN, full]) {
      const { output, report } = run([dump]);
      const { script, error } = await collect(output);
      assert.equal(error, undefined);
      expected.set(dump, [script, await report]);
    }
    assert.ok(expected.get(PLAIN)[0].length > PLAIN.length);
    for (const [name, dump, bytes] of [
      ['gzip', PLAIN, gzipSync(PLAIN)],
      ['two members', PLAIN, Buffer.concat([gzipSync(half), gzipSync(rest)])],
      ['zstd', PLAIN, BY_ZSTD],
      ['two frames', PLAIN, Buffer.concat([zstd(half), zstd(rest)])],
      ['gzip, read twice', full, gzipSync(full)],
      ['zstd, read twice', full, zstd(full)],
    ]) {
      for (const size of [1, 7, 1 << 16]) {
        const place = `${way}, ${name}, chunks of ${size}`;
        const { output, report } = run(cut(bytes, size));
        const { script, error } = await collect(output);
        assert.equal(error, undefined, place);
        const [wanted, wantedReport] = expected.get(dump);
        assert.ok(script.equals(wanted), place);
        assert.deepEqual(await report, wantedReport, place);
      }
    }
  }
});

test('a compressed dump that is cut or changed', async () => {
  // As large as what is decompressed at once several times, so that a part of the script is there already.
  const large = Buffer.from(rows(20_000));
  const changed = [gzipSync(PLAIN), Buffer.from(BY_ZSTD)];
  // One bit of the checksums.
  changed[0][changed[0].length - 6] ^= 1;
  changed[1][changed[1].length - 1] ^= 1;
  for (const bytes of [gzipSync(large), zstd(large), BY_ZSTD, gzipSync(PLAIN)]) {
    const cuts = [5, 9, 20, bytes.length >> 1, bytes.length - 5, bytes.length - 1].map((length) => bytes.subarray(0, length));
    for (const broken of [...cuts, ...changed.splice(0)]) {
      const whole = await convert(broken).catch((error) => error);
      for (const [way, run] of Object.entries(WAYS)) {
        const { output, report } = run(cut(broken, 65_536));
        const { script, error } = await collect(output);
        const place = `${way}, ${broken.length} bytes of ${bytes.length}: ${error}`;
        assert.ok(error instanceof DumpsertError, place);
        assert.deepEqual([error.code, error.category, error.message], [whole.code, 'io', whole.message], place);
        assert.ok(error.cause instanceof Error, place);
        await assert.rejects(report, error, place);
        if (way !== 'statements') assert.ok(script.includes('RAISE EXCEPTION'), place);
      }
    }
  }
});

test('a small piece with very many rows waits for the reader', async () => {
  const row = "INSERT INTO public.t (id, v) VALUES (1, 'the same again and again');\n";
  const count = 2_000_000;
  const value = `COPY public.t (id, v) FROM stdin;\n1\t${'a'.repeat(130e6)}\n\\.\n`;
  // All of a bomb is handed over at once, and it has to be there when the reader goes on.
  for (const [name, bomb, rows, size] of [
    ['gzip', gzipSync(row.repeat(count), { level: 9 }), count, row.length * count],
    ['zstd', zstd(Buffer.from(value)), 1, value.length],
  ]) {
    assert.ok(bomb.length < 1e6);
    let bytes = 0;
    const stream = createRewriter({ onProgress: (progress) => (bytes = progress.bytes) });
    stream.end(bomb);
    await Promise.race([once(stream, 'readable'), sleep(2000)]);
    await sleep(300);
    assert.ok(stream.readableLength < 8e6, `${name}: ${stream.readableLength} bytes of the script wait`);
    assert.ok(bytes > 0 && bytes < 16e6, `${name}: ${bytes} bytes are read ahead`);
    stream.resume();
    const report = await stream.report;
    assert.deepEqual([report.tables[0].rows_kept, report.bytes_read, bytes], [rows, size, size], name);
    // Who may not read so much hears of it.
    const { error } = await collect(rewrite([bomb], { limits: { dumpBytes: '32MB' } }));
    assert.equal(error.category, 'limit', name);
  }
});
