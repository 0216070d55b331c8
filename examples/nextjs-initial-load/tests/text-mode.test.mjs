// What pg_dump of Windows does to line ends is undone, at every cut.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import ts from 'typescript';

const source = readFileSync(new URL('../src/lib/initial-load/text-mode.ts', import.meta.url), 'utf8');
const { outputText } = ts.transpileModule(source, { compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 } });
const { binary } = await import(`data:text/javascript,${encodeURIComponent(outputText)}`);

async function read(bytes, length) {
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
  }
  const parts = [];
  for await (const part of binary(pieces())) parts.push(part);
  return Buffer.concat(parts).toString();
}

test('what was written as text, and what was not', async () => {
  for (const dump of ["--\n'crlf \r\n, lf \n, cr \r, both \r\r\n\n\r'\n", '\n\n\r\n', 'a\nb\r', 'none', 'cr\r', '', 'a\n\r\r\r\nb\n']) {
    for (const bytes of [Buffer.from(dump), Buffer.from(dump.replaceAll('\n', '\r\n'))]) {
      for (let length = 1; length <= bytes.length + 1; length += 1) assert.equal(await read(bytes, length), dump);
    }
  }
});
