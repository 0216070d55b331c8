// Every case of the corpus gives what the command line gives, in every way in, at every size of chunks, compressed or not.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { convert, convertFile, createRewriter, rewrite, rewriterPair } from '../index.mjs';
import { cases, collect, cut, dumpsert, facts, folder, errorInJavaScript, zstd } from './support.mjs';

/** What the command line makes of a case. */
async function byCommandLine(one, parent) {
  const directory = join(parent, one.name);
  mkdirSync(directory);
  const args = ['convert', '--quiet', '--report', join(directory, 'report.json')];
  if (Object.keys(one.json).length > 0) {
    // The names are the same in TOML, and every JSON string is one of TOML.
    const toml = ({ tables = {}, keys = {}, limits = {}, ...rest }) => {
      const lines = (values) => Object.entries(values).map(([name, value]) => `${JSON.stringify(name)} = ${JSON.stringify(value)}\n`);
      const parts = [...lines(rest), '[keys]\n', ...lines(keys), '[limits]\n', ...lines(limits)];
      for (const [table, values] of Object.entries(tables)) parts.push(`[tables.${JSON.stringify(table)}]\n`, ...lines(values));
      return parts.join('');
    };
    writeFileSync(join(directory, 'config.toml'), toml(one.json));
    args.push('--config', join(directory, 'config.toml'));
  }
  if (one.schemaPath !== undefined) args.push('--schema', one.schemaPath);
  const { status, stdout, stderr } = await dumpsert([...args, one.path]);
  const report = status === 0 ? JSON.parse(readFileSync(join(directory, 'report.json'), 'utf8')) : undefined;
  return { status, script: stdout, report, stderr: stderr.toString() };
}

/** The ways a chunked dump can go. */
const WAYS = {
  'Node stream': (chunks, options) => {
    const stream = createRewriter(options);
    // Not `pipeline`, which would not let the end of a failed script be read.
    Readable.from(chunks).pipe(stream);
    return { output: stream, report: stream.report };
  },
  'Web stream': (chunks, options) => {
    const pair = rewriterPair(options);
    return { output: ReadableStream.from(chunks).pipeThrough(pair), report: pair.report };
  },
  generator: (chunks, options) => {
    const output = rewrite(chunks, options);
    return { output, report: output.report };
  },
};

test('the corpus', async (t) => {
  const directory = folder(t);
  const all = cases();
  assert.ok(all.length > 200, 'the corpus is there');
  // Starting programs takes most of the time: two at once.
  const commands = new Map();
  const left = [...all];
  const work = async () => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) {
      commands.set(one.name, await byCommandLine(one, directory));
    }
  };
  await Promise.all([work(), work()]);
  let compared = 0;
  for (const one of all) {
    const command = commands.get(one.name);
    let options;
    try {
      options = await one.options();
      createRewriter(options).destroy();
    } catch (error) {
      // Options or a schema that cannot be used: nothing runs.
      assert.deepEqual(facts(error), errorInJavaScript(one.expected.error), one.name);
      assert.notEqual(command.status, 0, one.name);
      continue;
    }

    const { error: failure, sql, report } = await convert(one.dump, options).catch((error) => ({ error }));
    assert.equal(failure === undefined, command.status === 0, `${one.name}: ${command.stderr}`);
    const output = join(directory, 'out.sql');
    const file = await convertFile(one.path, output, options).catch((error) => ({ error }));
    if (failure === undefined) {
      assert.ok(sql.equals(command.script), one.name);
      assert.deepEqual(report, command.report, one.name);
      assert.deepEqual(file, command.report, one.name);
      assert.ok(readFileSync(output).equals(command.script), one.name);
    } else {
      // The command line knows the name of the file, for the command that it proposes.
      // And it writes options in another way, but all words around them are the same.
      for (const words of failure.message.replace('-f - ARCHIVE', `-f - ${one.path}`).split(/`[a-z]\w*: [^`]*`/i)) {
        assert.ok(command.stderr.includes(words), `${one.name}: ${failure.message}\n${command.stderr}`);
      }
      assert.deepEqual({ ...file.error, message: file.error.message }, { ...failure, message: failure.message }, one.name);
    }

    const wanted = failure && facts(failure);
    // What is compressed twice is no dump for the command line either.
    const isPlain = ![0x1f, 0x28].includes(one.dump[0]);
    for (const [way, run] of Object.entries(WAYS)) {
      for (const [form, dump, size] of [
        ['plain', one.dump, 1],
        ['plain', one.dump, 7],
        ['plain', one.dump, 1 << 20],
        ...(isPlain ? [['gzip', gzipSync(one.dump), 7], ['zstd', zstd(one.dump), 7]] : []),
      ]) {
        const place = `${one.name}, ${way}, ${form}, chunks of ${size}`;
        const { output, report } = run(cut(dump, size), options);
        const { script, error } = await collect(output);
        assert.deepEqual(error && facts(error), wanted, place);
        if (error === undefined) assert.deepEqual(await report, command.report, place);
        else await assert.rejects(report, error, place);
        assert.ok(script.equals(command.script), place);
        compared += 1;
      }
    }
  }
  t.diagnostic(`${compared} scripts are the same`);
  assert.ok(compared > 2900);
});
