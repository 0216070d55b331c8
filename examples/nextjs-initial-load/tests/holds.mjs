// A pair with a proxy between, whose pg_dump, upload, merge and commit can be made to stand still: for tests of what is killed or cut.

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DIVERGE, seed } from '../scripts/seed.js';
import { folder, programs, sharedPair, startPostgres, until } from './support.mjs';
import { startProxy } from './proxy.mjs';

export let postgres, pair, proxy, gate;

/** Starts all of it, until `file` ends. */
export async function setUp(file) {
  postgres = await startPostgres(file);
  gate = folder(file);
  // A program stands still where a file of its name is, and says so.
  const held = (name, real) => `
if [ -e ${gate}/${name} ]; then echo $$ > ${gate}/${name}.here; while [ -e ${gate}/${name} ]; do sleep 0.05; done; fi
exec ${real} "$@"`;
  // The psql of the merge, not those that only ask: counts its script, or dies when so many bytes of it have come. head must
  // not hold bytes back: the run waits for psql's answers.
  const merging = `
case "$*" in *ON_ERROR_STOP*) exec $REAL "$@";; esac
if [ -e ${gate}/count ]; then rm ${gate}/count; tee ${gate}/script | $REAL "$@"; exit; fi
[ -e ${gate}/bytes ] || exec $REAL "$@"
n=$(cat ${gate}/bytes); rm -f ${gate}/bytes ${gate}/fifo; mkfifo ${gate}/fifo
$REAL "$@" < ${gate}/fifo &
exec 3> ${gate}/fifo; stdbuf -o0 head -c "$n" >&3; kill -9 $!; echo killed > ${gate}/killed; exit 137`;
  const bin = programs(file, postgres, { pg_dump: held('pg_dump', '$REAL'), psql: merging });
  pair = await sharedPair(file, postgres, {
    sourceEnv: { PG_BIN: bin },
    targetEnv: { PG_BIN: bin },
    address: async (target) => (proxy = await startProxy(file, target)).address,
  });
}

export const state = (database) => postgres.dump(database, '--exclude-table=audit_log');
export const fresh = async () => {
  const copy = postgres.create(seed(1200));
  await pair.use(copy, postgres.create(DIVERGE, copy));
  return state(pair.target);
};
export const nothingRuns = () => postgres.sql('postgres', `SELECT count(*) FROM pg_stat_activity WHERE application_name IN ('pg_dump', 'psql', 'initial-load') AND datname <> 'postgres'`);
export const spooled = () => readdirSync(pair.to.spool, { recursive: true }).filter((name) => /part|backup|sql/.test(name));

/** Makes the merge stand still when it has written a product; returns what lets it go on. */
async function holdMerge(t) {
  const client = await postgres.connect(t, pair.target);
  await client.query('SELECT pg_advisory_lock(7777)');
  postgres.sql(pair.target, `
    CREATE FUNCTION hold() RETURNS boolean LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock_shared(7777); RETURN true; END';
    ALTER TABLE products ADD CONSTRAINT hold CHECK (hold()) NOT VALID`);
  const isHeld = () => postgres.sql(pair.target, `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 7777 AND NOT granted`) !== '0';
  return {
    reached: () => until('the merge stands', isHeld),
    // The constraint stays, and says yes at once from now on: to drop it would wait for the merge, which may wait for the test.
    release: () => client.query('SELECT pg_advisory_unlock(7777)'),
  };
}

/** Holds back the very last word: the row of the session, which is claimed before the commit. */
async function holdCommit(t, sessionId) {
  const client = await postgres.connect(t, pair.target);
  await client.query('BEGIN');
  await client.query('SELECT FROM "InitialLoadSessions" WHERE "sessionId" = $1 FOR UPDATE', [sessionId]);
  return client;
}

/** Makes a run stand still in a phase. */
export async function holdAt(t, phase) {
  if (phase === 'backup') {
    writeFileSync(join(gate, 'pg_dump'), '');
    const open = () => spawnSync('rm', ['-f', join(gate, 'pg_dump'), join(gate, 'pg_dump.here')]);
    return { reached: () => until('pg_dump stands', () => existsSync(join(gate, 'pg_dump.here'))), release: open };
  }
  if (phase === 'transfer') {
    proxy.holdUpload(20_000);
    return { reached: () => until('the upload stands', () => proxy.isHolding()), release: () => proxy.reset() };
  }
  const hold = await holdMerge(t);
  if (phase === 'restore') return { reached: hold.reached, release: hold.release };
  let client;
  const reached = async (sessionId) => {
    await hold.reached();
    client = await holdCommit(t, sessionId);
    await hold.release();
    const waits = `SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%transactionId%' AND datname = '${pair.target}'`;
    await until('the commit is claimed', () => postgres.sql('postgres', waits) !== '0');
  };
  // The cancellation stands in the row by the hand that holds it: it comes before the claim.
  const releaseAfterCancel = async () => {
    await client.query('UPDATE "InitialLoadSessions" SET "cancelRequestedAt" = now()');
    await client.query('COMMIT');
  };
  return { reached, releaseAfterCancel, release: () => client.query('COMMIT') };
}
