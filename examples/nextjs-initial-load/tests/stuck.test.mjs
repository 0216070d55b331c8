// cancel, stuck, temp: runs that are ended or killed in each phase, at points where something is held.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { begin, cleanups, completed, ended, introduce, isPresent, startApp, until } from './support.mjs';
import { fresh, holdAt, nothingRuns, pair, postgres, proxy, setUp, spooled, state } from './holds.mjs';

const file = cleanups();
before(() => setUp(file));
after(file.run);

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

test('stuck: either side is killed in each phase; the next start works', async (t) => {
  for (const side of ['source', 'target']) {
    // verify: all is merged, and the COMMIT is held back.
    for (const phase of ['backup', 'transfer', 'restore', 'verify']) {
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
      if (side === 'source' && ['restore', 'verify'].includes(phase)) {
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
