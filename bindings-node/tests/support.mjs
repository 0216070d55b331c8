// What several tests need: the corpus, chunks, the program, a server, a seed.

import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Catalog, DumpsertError } from '../index.mjs';

export const here = dirname(fileURLToPath(import.meta.url));
export const root = join(here, '../..');
/** `npx dumpsert`, which is the same program as the one of the crate. */
const program = join(here, '../bin/dumpsert.js');

/** A folder that is removed after the test `t`. */
export function folder(t) {
  const path = mkdtempSync(join(tmpdir(), 'dumpsert-test-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
export const camel = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());

const byCamel = (object) => Object.fromEntries(Object.entries(object).map(([name, value]) => [camel(name), value]));

/** Options of JSON, as they are written in JavaScript. */
function inJavaScript(json) {
  const options = byCamel(json);
  for (const [table, value] of Object.entries(options.tables ?? {})) options.tables[table] = byCamel(value);
  if (options.limits !== undefined) options.limits = byCamel(options.limits);
  return options;
}

/** The cases of testdata/cases, which has a README. */
export function cases() {
  const folder = join(root, 'testdata/cases');
  const names = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return names.map(({ name }) => {
    const file = (part) => join(folder, name, part);
    const optional = (part) => (existsSync(file(part)) ? readFileSync(file(part)) : undefined);
    const json = { style: 'rows', ...JSON.parse(optional('options.json') ?? '{}') };
    const schema = optional('schema.sql');
    return {
      name,
      path: file('dump.sql'),
      dump: readFileSync(file('dump.sql')),
      json,
      schemaPath: schema && file('schema.sql'),
      expected: JSON.parse(readFileSync(file('expected.json'), 'utf8')),
      async options() {
        return { ...inJavaScript(json), catalog: schema === undefined ? [] : await Catalog.fromSchemaSql(schema) };
      },
    };
  });
}

/** Runs the command line; returns status, script and standard error. */
export function dumpsert(args) {
  return new Promise((resolve) => {
    const settings = { maxBuffer: 1 << 28, encoding: 'buffer' };
    execFile(process.execPath, [program, ...args], settings, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : error.code, stdout, stderr });
    });
  });
}

/** An error of the corpus, whose hint names options as a configuration file does, as JavaScript says it. */
export function errorInJavaScript(error) {
  return error.hint === undefined ? error : { ...error, hint: hintInJavaScript(error.hint) };
}

function hintInJavaScript(hint) {
  const lists = ['exclude_tables', 'only_tables', 'only_schemas', 'allow_relations', 'demo_columns'];
  return hint.replace(/`(\w+) = ([^`]*)`/g, (_, name, value) => {
    if (name === 'schema') return '`catalog: await Catalog.fromSchemaSql(…)`';
    if (name === 'catalog') return '`catalog: await Catalog.fromJson(…)`';
    if (['true', 'false'].includes(value)) return `\`${camel(name)}: ${value}\``;
    if (['keys', 'limits'].includes(name)) {
      const [key, text] = value.split(/=(.*)/);
      return `\`${name}: {${name === 'limits' ? camel(key) : `'${key}'`}: '${text}'}\``;
    }
    return lists.includes(name) ? `\`${camel(name)}: ['${value}']\`` : `\`${camel(name)}: '${value}'\``;
  });
}

/** Everything that can be seen of an error, as the corpus writes it down. */
export function facts({ code, category, byte, line, column, table, row, hint }) {
  return JSON.parse(JSON.stringify({ kind: code, category, byte, line, column, table, row, hint }));
}

/** Pieces of `bytes`, each with memory of its own. */
export function* cut(bytes, size) {
  for (let start = 0; start < bytes.length; start += size) yield Buffer.from(bytes.subarray(start, start + size));
}

/** A zstd frame of blocks that are not compressed, or each one byte and how often it comes: Node 20 has no zstd itself. */
export function zstd(bytes, { isLast = true } = {}) {
  const parts = [Buffer.from('28b52ffd0038', 'hex')]; // No content size, no checksum, a window of 128 KiB.
  for (let start = 0; start === 0 || start < bytes.length; start += 100_000) {
    const block = bytes.subarray(start, start + 100_000);
    const isRepeated = block.length > 0 && block.equals(Buffer.alloc(block.length, block[0]));
    const end = isLast && start + 100_000 >= bytes.length ? 1 : 0;
    const header = Buffer.alloc(3);
    header.writeUIntLE((block.length << 3) | (isRepeated ? 2 : 0) | end, 0, 3);
    parts.push(header, isRepeated ? block.subarray(0, 1) : block);
  }
  return Buffer.concat(parts);
}

/** What an iterable gives, together, and the error it ends with. */
export async function collect(iterable) {
  const chunks = [];
  let error;
  try {
    for await (const chunk of iterable) chunks.push(chunk);
  } catch (thrown) {
    error = thrown;
  }
  return { script: Buffer.concat(chunks), error };
}

/** Numbers from 0 to 1, from a seed that is printed: `DUMPSERT_SEED` repeats a run. */
export function random(t) {
  let state = Number(process.env.DUMPSERT_SEED ?? Date.now() % 2 ** 31);
  t.diagnostic(`repeat with DUMPSERT_SEED=${state}`);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A PostgreSQL that is gone when this process is. */
export async function startServer() {
  const child = spawn('sh', [join(root, 'testkit/server.sh')], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = [];
  for await (const line of createInterface({ input: child.stdout })) if (lines.push(line) === 3) break;
  if (lines.length < 3) throw new Error('the server has not started');
  const [host, port, bin] = lines;
  const env = { ...process.env, PGHOST: host, PGPORT: port, PGUSER: 'postgres', PATH: `${bin}:${process.env.PATH}` };
  const run = (command, args, settings = {}) => {
    const result = spawnSync(join(bin, command), args, { env, maxBuffer: 1 << 28, ...settings });
    if (result.status !== 0) throw new Error(`${command}: ${result.stderr}`);
    return result.stdout;
  };
  let count = 0;
  return {
    env,
    bin,
    connection: (database) => ({ host, port: Number(port), user: 'postgres', database }),
    /** A new database that `sql` was run in, or that is a copy of another one. */
    create(sql, template = 'template0') {
      count += 1;
      const name = `node_${count}`;
      run('createdb', ['-T', template, name]);
      if (sql !== undefined) run('psql', ['-Xq', '-v', 'ON_ERROR_STOP=1', '-c', sql, name]);
      return name;
    },
    query: (database, sql) => run('psql', ['-XAtqc', sql, database]).toString().trim(),
    dump: (database, ...args) => run('pg_dump', [...args, database]),
    async stop() {
      child.stdin.end();
      await once(child, 'exit');
    },
  };
}

/** Two tables, a source with all rows and a target with an older state and a row of its own. */
export function sourceAndTarget(server) {
  const source = server.create(`
    CREATE TABLE public.parent (id serial PRIMARY KEY, v text);
    CREATE TABLE public."Child" (id integer PRIMARY KEY, parent integer REFERENCES public.parent, v numeric);
    INSERT INTO public.parent (v) SELECT 'it''s; row ' || g FROM generate_series(1, 500) AS g;
    INSERT INTO public."Child" SELECT g, g, g / 3.0 FROM generate_series(1, 500) AS g`);
  const target = server.create(undefined, source);
  server.query(
    target,
    `DELETE FROM public."Child" WHERE id % 3 = 0; UPDATE public.parent SET v = 'old' WHERE id % 5 = 0;
     INSERT INTO public.parent VALUES (10001, 'only here')`,
  );
  return { source, target };
}

/** All rows of both tables, but for the one that only the target has. */
export function rows(server, database) {
  const parent = server.query(database, 'SELECT p FROM public.parent AS p WHERE id <> 10001 ORDER BY id');
  return `${parent}\n${server.query(database, 'SELECT c FROM public."Child" AS c ORDER BY id')}`;
}

/** It fails with an error of the package that has these facts, which is returned. */
export async function failure(run, facts) {
  const error = await run().then(
    () => assert.fail('it has not failed'),
    (error) => error,
  );
  assert.ok(error instanceof DumpsertError, String(error.stack));
  for (const [name, value] of Object.entries(facts)) {
    if (value instanceof RegExp) assert.match(error[name], value);
    else assert.equal(error[name], value, error.stack);
  }
  return error;
}
