// node.exe node.cjs PACKAGE CASES FOLDER: what the Node package does under node.exe, a line for each. Wine knows the drive Z: for this
// system's files.
'use strict';

const assert = require('node:assert/strict');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { Readable } = require('node:stream');
const { pipeline } = require('node:stream/promises');

const [where, cases, folder] = process.argv.slice(2).map((name) => (process.platform === 'win32' && name.startsWith('/') ? `Z:${name}` : name));
const { Catalog, DumpsertError, convert, convertFile, createRewriter } = require(where);
const camel = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
const inJavaScript = (value) => Object.fromEntries(Object.entries(value).map(([name, inner]) => [camel(name), inner]));

function options(json) {
  const all = inJavaScript({ style: 'rows', ...json });
  for (const [table, value] of Object.entries(all.tables ?? {})) all.tables[table] = inJavaScript(value);
  if (all.limits !== undefined) all.limits = inJavaScript(all.limits);
  return all;
}

async function collect(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

/** Every case: a whole buffer, a stream in pieces, and files; the script or the error must be the same. */
async function corpus() {
  let same = 0;
  const digest = createHash('sha256');
  for (const name of fs.readdirSync(cases)) {
    const file = (part) => path.join(cases, name, part);
    if (!fs.existsSync(file('dump.sql'))) continue;
    const json = fs.existsSync(file('options.json')) ? JSON.parse(fs.readFileSync(file('options.json'), 'utf8')) : {};
    const expected = JSON.parse(fs.readFileSync(file('expected.json'), 'utf8'));
    const dump = fs.readFileSync(file('dump.sql'));
    const out = path.join(folder, 'node.sql');
    fs.rmSync(out, { force: true });
    const ends = [];
    for (const way of ['buffer', 'stream', 'file']) {
      try {
        const catalog = fs.existsSync(file('schema.sql')) ? await Catalog.fromSchemaSql(fs.readFileSync(file('schema.sql'))) : [];
        const all = { ...options(json), catalog };
        let script;
        if (way === 'buffer') ({ sql: script } = await convert(dump, all));
        if (way === 'stream') {
          const pieces = [];
          for (let at = 0; at < dump.length; at += 977) pieces.push(dump.subarray(at, at + 977));
          const stream = createRewriter(all);
          const read = collect(stream);
          read.catch(() => {});
          await pipeline(Readable.from(pieces), stream);
          script = await read;
        }
        if (way === 'file') {
          await convertFile(file('dump.sql'), out, all);
          script = fs.readFileSync(out);
        }
        ends.push({ script: Buffer.from(script).toString('latin1') });
      } catch (error) {
        assert.ok(error instanceof DumpsertError, `${name}, ${way}: ${error}`);
        ends.push({ kind: error.code });
        assert.ok(way !== 'file' || !fs.existsSync(out), `${name}: a file of a run that has failed`);
      }
    }
    // An error of the corpus may be one of readers that cannot read twice, as these do.
    if (!expected.error) assert.equal(ends[0].kind, undefined, name);
    for (const end of ends) assert.deepEqual(end, ends[0], name);
    digest.update(`${name}\n${ends[0].script ?? ends[0].kind}\n`);
    same += 1;
  }
  return `${same} cases, each as a buffer, as a stream in pieces and from file to file: the same script, or the same error; SHA-256 of all of them ${digest.digest('hex')}`;
}

async function errors() {
  await assert.rejects(convertFile(path.join(folder, 'missing.sql'), path.join(folder, 'x.sql'), {}), (error) => error instanceof Error);
  const dump = path.join(folder, 'dump.sql');
  await assert.rejects(convertFile(dump, dump, { style: 'staged' }), /is the dump itself/);
  assert.throws(() => createRewriter({ style: 'none' }), DumpsertError);
  return 'errors: a dump that is missing, a dump as its own output, a wrong option';
}

(async () => {
  console.log(`${process.platform} ${process.arch}, Node ${process.version}: require() has loaded it`);
  console.log(await corpus());
  console.log(await errors());
})().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
