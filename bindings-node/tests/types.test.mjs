// The types: in every kind of project that uses them, and against what is there.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import ts from 'typescript';
import * as esm from '../index.mjs';
import { camel, cases, folder, here, root, snake } from './support.mjs';

const require = createRequire(import.meta.url);
const packageFolder = join(here, '..');
const { optionNames } = require('../native.js');

function declarations() {
  const path = join(packageFolder, 'index.d.ts');
  return ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest);
}

/** The names of the members of an interface, in the order of the alphabet. */
function members(name) {
  const found = declarations().statements.find((one) => ts.isInterfaceDeclaration(one) && one.name.text === name);
  return found.members.map((member) => member.name.text).sort();
}

test('every option has a type, and every type an option', () => {
  const names = optionNames();
  assert.ok(names.options.length > 10);
  assert.deepEqual(members('Options'), names.options.map(camel).sort());
  assert.deepEqual(members('TableOptions'), names.tableOptions.map(camel).sort());
  assert.deepEqual(members('Limits'), names.limits.map(camel).sort());
  for (const name of [...names.options, ...names.tableOptions, ...names.limits]) assert.equal(snake(camel(name)), name);
});

test('every field of a report and an inspection has a type', async () => {
  const seen = { Report: new Set(), TableReport: new Set(), SoftReference: new Set(), Position: new Set(), Inspection: new Set() };
  const see = (name, values) => [values].flat().forEach((value) => Object.keys(value ?? {}).forEach((key) => seen[name].add(key)));
  const look = (report) => {
    see('Report', report);
    see('TableReport', report.tables);
    see('SoftReference', report.soft_references ?? []);
  };
  for (const { expected } of cases()) {
    const { kind, category, hint, ...position } = expected.error ?? {};
    see('Position', position);
    if (expected.report !== undefined) look(expected.report);
  }
  const schema = "CREATE TABLE public.b (id text PRIMARY KEY);\nCREATE TABLE public.o (id int PRIMARY KEY, b text);\n";
  const catalog = await esm.Catalog.fromSchemaSql(schema);
  const rows = "INSERT INTO public.b (id) VALUES ('x');\nINSERT INTO public.o (id, b) VALUES (1, 'x');\n";
  look((await esm.convert(rows, { catalog, exclude: "public.b: id = 'x'" })).report);
  const inspection = await esm.inspect("INSERT INTO public.t (id) VALUES (1);\n");
  see('Inspection', inspection);
  look(inspection.report);
  for (const [name, fields] of Object.entries(seen)) {
    assert.deepEqual([...fields].filter((field) => !members(name).includes(field)), [], name);
    // And no type is made up, but for what the corpus does not show.
    assert.deepEqual(members(name).filter((field) => !fields.has(field)), [], name);
  }
});

/** The text between the braces that follow `start`. */
function body(source, start) {
  let depth = 0;
  const begin = source.indexOf('{', start);
  for (let at = begin; at < source.length; at += 1) {
    if (source[at] === '{') depth += 1;
    if (source[at] === '}') depth -= 1;
    if (depth === 0) return source.slice(begin + 1, at).trim();
  }
  throw new Error('no end');
}

test('a panic is caught at every door', () => {
  const folder = join(packageFolder, 'src');
  const sources = readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]);
  const all = (pattern) => sources.flatMap(([name, source]) => [...source.matchAll(pattern)].map((match) => ({ name, source, match })));
  const doors = all(/#\[napi(.*)\]\n(?:\s*#\[.*\]\n)*\s*pub (?:async )?fn (\w+)/g);
  assert.ok(doors.length > 15);
  for (const { match: [, flags, name] } of doors) assert.ok(flags.includes('catch_unwind'), name);
  // What napi calls by itself, on another thread and behind that on its own, does all it does in `or_fault`: its body is
  // that one call. (`panic.test.mjs` sees to what `or_fault` does.)
  const calls = all(/fn (compute|resolve|reject|finally)\b/g);
  assert.equal(calls.filter(({ match }) => /compute|resolve/.test(match[1])).length, 2 * all(/\bTask for /g).length);
  for (const { name, source, match } of calls) {
    const text = body(source, match.index);
    assert.match(text, /^or_fault\(\|\| /, `${name}: ${match[1]}`);
    assert.doesNotMatch(text, /;/, `${name}: ${match[1]}`);
  }
  // A step has to give back its turn behind a panic, and guards itself for that.
  const [{ source, match }] = all(/fn step\(&self\) -> Step/g);
  assert.match(body(source, match.index), /^let step = or_fault\(\|\| self\.try_step\(\)\)/);
});

test('every export has a type, in both kinds of modules', () => {
  const cjs = require('../index.js');
  assert.deepEqual(Object.keys(esm).sort(), Object.keys(cjs).sort());
  for (const [name, value] of Object.entries(cjs)) assert.equal(esm[name], value);
  const isValue = (one) => ts.isClassDeclaration(one) || ts.isFunctionDeclaration(one) || ts.isVariableStatement(one);
  const nameOf = (one) => (one.name ?? one.declarationList.declarations[0].name).text;
  const declared = new Set(declarations().statements.filter(isValue).map(nameOf));
  assert.deepEqual([...declared].sort(), Object.keys(cjs).sort());
});

test('one version everywhere', () => {
  const { version } = require('../package.json');
  const cargo = readFileSync(join(root, 'Cargo.toml'), 'utf8');
  assert.equal(cargo.match(/^\[workspace\.package\]\nversion = "(.*)"$/m)[1], version);
});

/** The first one checks the declarations too, which are the same in all. */
const PROJECTS = {
  'ES modules, node16': [{ type: 'module' }, 'use.ts', { module: 'node16', moduleResolution: 'node16' }],
  'CommonJS, node16': [{ type: 'commonjs' }, 'use.ts', { module: 'node16', moduleResolution: 'node16' }],
  'ES modules, nodenext': [{ type: 'module' }, 'use.mts', { module: 'nodenext' }],
  bundler: [{ type: 'module' }, 'use.ts', { module: 'esnext', moduleResolution: 'bundler' }],
};

for (const [name, [manifest, file, options]] of Object.entries(PROJECTS)) {
  test(`a project with ${name}`, (t) => {
    const directory = folder(t);
    mkdirSync(join(directory, 'node_modules'));
    symlinkSync(packageFolder, join(directory, 'node_modules/dumpsert'));
    symlinkSync(join(packageFolder, 'node_modules/@types'), join(directory, 'node_modules/@types'));
    copyFileSync(join(here, 'consumer/use.ts'), join(directory, file));
    writeFileSync(join(directory, 'package.json'), JSON.stringify(manifest));
    const isFirst = name === Object.keys(PROJECTS)[0];
    const compilerOptions = { ...options, target: 'es2022', strict: true, skipLibCheck: !isFirst, skipDefaultLibCheck: true, noEmit: true, types: ['node'], lib: ['es2022', 'dom', 'dom.asynciterable'] };
    writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }));
    const tsc = require.resolve('typescript/bin/tsc');
    const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', directory], { encoding: 'utf8' });
    assert.equal(status, 0, stdout);
  });
}
