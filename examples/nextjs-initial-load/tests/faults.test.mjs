// stuck, kill-psql, network, temp: what is killed or cut, and where. Faults are placed by bytes that have passed or at points where
// something is held, never by time.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { DIVERGE, seed } from '../scripts/seed.js';
import { begin, cleanups, completed, ended, folder, introduce, isPresent, load, programs, sharedPair, startApp, startPostgres, until } from './support.mjs';
import { startProxy } from './proxy.mjs';

const file = cleanups();
let postgres, pair, proxy, gate;
before(async () => {
  postgres = await startPostgres(file);
  gate = folder(file);
  // A program stands still where a file of its name is, and says so.
  const held = (name, real) => `
if [ -e ${gate}/${name} ]; then echo $$ > ${gate}/${name}.here; while [ -e ${gate}/${name} ]; do sleep 0.05; done; fi
exec ${real} "$@"`;
  // The psql of the merge, not those that only ask: counts its script, or dies when so many bytes of it have come.
  const merging = `
case "$*" in *ON_ERROR_STOP*) exec $REAL "$@";; esac
if [ -e ${gate}/count ]; then rm ${gate}/count; tee ${gate}/script | $REAL "$@"; exit; fi
[ -e ${gate}/bytes ] || exec $REAL "$@"
n=$(cat ${gate}/bytes); rm -f ${gate}/bytes ${gate}/fifo; mkfifo ${gate}/fifo
$REAL "$@" < ${gate}/fifo &
exec 3> ${gate}/fifo; head -c "$n" >&3; kill -9 $!; echo killed > ${gate}/killed`;
  const bin = programs(file, postgres, { pg_dump: held('pg_dump', '$REAL'), psql: merging });
  pair = await sharedPair(file, postgres, {
    sourceEnv: { PG_BIN: bin },
    targetEnv: { PG_BIN: bin },
    address: async (target) => (proxy = await startProxy(file, target)).address,
  });
});
after(file.run);

const state = (database) => postgres.dump(database, '--exclude-table=audit_log');
const fresh = async () => {
  const copy = postgres.create(seed(1200));
  await pair.use(copy, postgres.create(DIVERGE, copy));
  return state(pair.target);
};
const nothingRuns = () => postgres.sql('postgres', `SELECT count(*) FROM pg_stat_activity WHERE application_name IN ('pg_dump', 'psql', 'initial-load') AND datname <> 'postgres'`);
const spooled = () => readdirSync(pair.to.spool, { recursive: true }).filter((name) => /part|backup|sql/.test(name));

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
    release: async () => {
      await client.query('SELECT pg_advisory_unlock(7777)');
      postgres.sql(pair.target, 'ALTER TABLE products DROP CONSTRAINT IF EXISTS hold');
    },
  };
}

/** Holds back the very last word: the row of the session, which is claimed before the commit. */
async function holdCommit(t, sessionId) {
  const client = await postgres.connect(t, pair.target);
  await client.query('BEGIN');
  await client.query('SELECT FROM "InitialLoadSessions" WHERE "sessionId" = $1 FOR UPDATE', [sessionId]);
  return client;
}

test('network: cut at 0, 1, 50 and 99 % of the bytes, and before the answer; the reason on both sides; a retry succeeds', async () => {
  await fresh();
  // How many bytes pass is counted once.
  proxy.reset();
  const dry = await load(pair.from, { demo: false });
  assert.equal(dry.status, 'COMPLETED', dry.errorMessage);
  const bytes = dry.bytes;
  const unchanged = await fresh();
  for (const share of [0, 0.01, 0.5, 0.99]) {
    proxy.cutUpload(Math.floor(bytes * share));
    const session = await load(pair.from, { demo: false });
    assert.ok(proxy.hasCut(), `${share}`);
    assert.equal(session.status, 'FAILED', `${share}`);
    assert.match(session.errorMessage, /nothing was changed$/);
    const other = await pair.to.admin('GET', `/initial-load/${session.sessionId}`);
    if (share > 0) {
      const there = await ended(pair.to, session.sessionId);
      assert.equal(there.status, 'FAILED');
      assert.match(there.errorMessage, /cut.*nothing was changed$/);
    } else {
      assert.equal(other.status, 404, 'the target has not even begun');
    }
    await until('nobody is left', () => nothingRuns() === '0');
    assert.deepEqual(state(pair.target), unchanged, `${share}`);
  }
  proxy.reset();
  await completed(pair.from, { demo: false });
  // The upload has arrived, and the answer does not come back: the source asks.
  for (const how of ['cut', 'html', 'never']) {
    await fresh();
    proxy.loseAnswer(how);
    const session = await load(pair.from, { demo: false });
    assert.ok(proxy.hasCut(), how);
    assert.equal(session.status, 'COMPLETED', `${how}: ${session.errorMessage}`);
    assert.equal(session.report.tables.find(({ table }) => table === 'public.products').updated, 120);
    proxy.reset();
  }
  // Where the target cannot tell either, that is said.
  await fresh();
  proxy.loseAnswer('gone');
  const session = await load(pair.from, { demo: false });
  assert.equal(session.status, 'FAILED');
  assert.match(session.errorMessage, /[Oo]utcome unknown.*safe to repeat/);
  proxy.reset();
  const again = await completed(pair.from, { demo: false });
  for (const line of again.report.tables) assert.deepEqual([line.inserted, line.updated], [0, 0], line.table);
});

test('kill-psql: killed at ten points of its script, nothing stays', async () => {
  await fresh();
  writeFileSync(join(gate, 'count'), '');
  await completed(pair.from, { demo: false });
  const { size } = statSync(join(gate, 'script'));
  assert.ok(size > 400_000, `${size}`);
  const before = await fresh();
  for (let point = 0; point < 10; point += 1) {
    writeFileSync(join(gate, 'killed'), '');
    writeFileSync(join(gate, 'bytes'), String(1 + Math.floor((size * point) / 10)));
    const session = await load(pair.from, { demo: false });
    assert.equal(session.status, 'FAILED', `${point}`);
    assert.match(session.errorMessage, /nothing was changed$/);
    assert.doesNotMatch(session.errorMessage, /EPIPE|Broken pipe/);
    assert.equal(readFileSync(join(gate, 'killed'), 'utf8').trim(), 'killed', `point ${point} was reached`);
    assert.deepEqual(state(pair.target), before, `${point}`);
  }
  await completed(pair.from, { demo: false });
});

test('cancel in each phase: nothing is changed, nobody is left, the next start works', async (t) => {
  for (const phase of ['backup', 'transfer', 'restore', 'verify']) {
    const before = await fresh();
    const hold = await holdAt(t, phase);
    const sessionId = await begin(pair.from, { demo: false });
    await hold.reached(sessionId);
    // The last look sees it: the row is locked until the cancellation stands in it.
    const cancelled = await pair.from.admin('DELETE', `/initial-load/${sessionId}`);
    assert.equal(cancelled.status, 202);
    if (phase === 'verify') await until('the target knows', () => pair.to.log().includes(sessionId));
    const release = hold.releaseAfterCancel?.() ?? undefined;
    const session = await ended(pair.from, sessionId);
    await release;
    assert.equal(session.status, 'CANCELLED', `${phase}: ${session.errorMessage}`);
    await hold.release();
    await until('nobody is left', () => nothingRuns() === '0');
    assert.deepEqual(state(pair.target), before, phase);
    assert.deepEqual(spooled(), []);
    const next = await completed(pair.from, { demo: false });
    assert.equal(next.progress, 100);
  }
});

/** Makes a run stand still in a phase. */
async function holdAt(t, phase) {
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
  return { reached, releaseAfterCancel, release: () => {} };
}

test('stuck: either side is killed in each phase; the next start works', async (t) => {
  for (const side of ['source', 'target']) {
    for (const phase of ['backup', 'transfer', 'restore']) {
      if (side === 'target' && phase === 'backup') continue; // It has no part in it yet.
      const before = await fresh();
      const hold = await holdAt(t, phase);
      const sessionId = await begin(pair.from, { demo: false });
      await hold.reached(sessionId);
      const app = side === 'source' ? pair.from : pair.to;
      await app.kill('SIGKILL');
      await hold.release();
      await revive(side);
      await until('the merge has let go', () => nothingRuns() === '0' || postgres.sql(pair.target, `SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 1685417328`) === '0');
      const here = await ended(pair.from, sessionId);
      if (side === 'source' && phase === 'restore') {
        // All had arrived: the target went on, and the source asks it.
        assert.equal(here.status, 'COMPLETED', `${side} ${phase}: ${here.errorMessage}`);
      } else {
        assert.equal(here.status, 'FAILED', `${side} ${phase}`);
        assert.deepEqual(state(pair.target), before, `${side} ${phase}`);
      }
      await until('no row is active', () => postgres.sql(pair.target, `SELECT count(*) FROM "InitialLoadSessions" WHERE status IN ('PREPARING', 'TRANSFERRING')`) === '0' || (pair.to.admin('GET', '/initial-load'), false));
      await completed(pair.from, { demo: false });
      assert.deepEqual(spooled(), []);
    }
  }
});

/** Starts the app that was killed again, on another port. */
async function revive(side) {
  const [key, nodeId] = side === 'source' ? ['from', 'source-1'] : ['to', 'target-1'];
  const old = pair[key];
  assert.equal(isPresent(old.child.pid), false);
  pair[key] = await startApp(file, postgres, nodeId, pair[side], { SPOOL_DIR: old.spool, PG_BIN: old.env.PG_BIN });
  if (side === 'source') introduce(postgres, pair.target, 'source-1', pair.from.address, true);
  else proxy.target = pair.to.address;
}
