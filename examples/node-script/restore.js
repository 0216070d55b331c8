// Merges a dump into the database of DATABASE_URL, by psql: node restore.js DUMP

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { Catalog, DumpsertError, createRewriter } from 'dumpsert';

const [dump] = process.argv.slice(2);
// Prisma adds to its URL what psql does not know.
const url = new URL(process.env.DATABASE_URL);
for (const name of ['schema', 'connection_limit', 'pool_timeout', 'pgbouncer', 'statement_cache_size']) url.searchParams.delete(name);
const connectionString = url.href;

// The target knows best what its keys are.
const client = new pg.Client({ connectionString });
await client.connect();
const catalog = await Catalog.fromQuery((sql) => client.query(sql));
await client.end();

const psql = spawn('psql', ['-X', '-d', connectionString], { stdio: ['pipe', 'ignore', 'inherit'] });
const rewriter = createRewriter({ catalog });
const [failure, [status]] = await Promise.all([
  pipeline(createReadStream(dump), rewriter, psql.stdin).then(
    () => undefined,
    (error) => error,
  ),
  once(psql, 'close'),
]);
// Where psql has failed, the pipe to it is closed, which says nothing about why.
if (failure instanceof DumpsertError) throw failure;
if (status !== 0) throw new Error(`psql has ended with status ${status}; nothing was changed`);
if (failure !== undefined) throw failure;

const { tables } = await rewriter.report;
console.log(`${tables.reduce((sum, table) => sum + table.rows_kept, 0)} rows of ${tables.length} tables`);
