// After a migration that has failed half-way: `npm run db:clear-locks`.
//
// - Rows of "_prisma_migrations" that have neither ended nor been rolled back are marked as rolled back, so that `prisma migrate deploy`
//   runs them again. No row is removed.
// - The file `.migration.lock`, which deployment scripts leave behind, goes.
// - Where a migration is running (it holds the advisory lock 72707369), nothing is touched; --force ends its connection first.

import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { client, isDryRun, isForced } from './administrator.js';

const PRISMA_LOCK = 72707369;

const holders = await client.query(
  `SELECT a.pid, a.application_name, a.backend_start FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)
   WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 0 AND l.objid = $1 AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  [PRISMA_LOCK],
);
for (const { pid, backend_start: since } of holders.rows) {
  console.log(`a migration is running: process ${pid}, since ${since.toISOString()}`);
  if (!isForced) {
    console.log('nothing was touched; --force ends it');
    await client.end();
    process.exit(1);
  }
  if (!isDryRun) await client.query('SELECT pg_terminate_backend($1)', [pid]);
  console.log(`${isDryRun ? 'would end' : 'ended'} process ${pid}`);
}

const { rows: tables } = await client.query(`SELECT to_regclass('"_prisma_migrations"') AS name`);
if (tables[0].name === null) {
  console.log('there is no table "_prisma_migrations"');
} else {
  const failed = await client.query(
    isDryRun
      ? 'SELECT migration_name FROM "_prisma_migrations" WHERE finished_at IS NULL AND rolled_back_at IS NULL'
      : 'UPDATE "_prisma_migrations" SET rolled_back_at = now() WHERE finished_at IS NULL AND rolled_back_at IS NULL RETURNING migration_name',
  );
  for (const { migration_name: name } of failed.rows) console.log(`${isDryRun ? 'would mark' : 'marked'} as rolled back: ${name}`);
  if (failed.rows.length === 0) console.log('no migration has failed');
}
await client.end();

const file = join(process.cwd(), '.migration.lock');
if (existsSync(file)) {
  if (!isDryRun) rmSync(file);
  console.log(`${isDryRun ? 'would remove' : 'removed'} ${file}`);
}
