// Ends sessions of initial loads that stand as running although nobody runs them: `npm run sync:clear-stuck`.
//
//   --dry-run   only lists them
//   --force     also those whose process is alive: it sees that at its next heartbeat, and ends without changing anything
//
// The app does the same by itself at start-up, at each start and at each status call. The numbers of the locks are those of
// src/lib/initial-load/locks.ts.

import { client, isDryRun, isForced } from './administrator.js';

const SESSION_CLASS = 1768715109;
const MERGE_LOCK = [1685417328, 1936028276];

async function take(sql, values) {
  return (await client.query(`SELECT ${sql} AS taken`, values)).rows[0].taken;
}

/** Nobody has the lock of the session, and no merge has its own. */
async function isDead(sessionId) {
  const session = await take('pg_try_advisory_lock($1, hashtext($2))', [SESSION_CLASS, sessionId]);
  const merge = session && (await take('pg_try_advisory_lock($1, $2)', MERGE_LOCK));
  return session && merge;
}

/** A merge that was told to commit may have done so. */
async function endOf({ transactionId, direction }) {
  if (transactionId === null) return ['FAILED', direction === 'receive' ? 'cleared by hand; nothing was changed' : 'cleared by hand; outcome unknown, safe to repeat'];
  const { rows } = await client.query('SELECT pg_xact_status($1::text::xid8) AS status', [transactionId]);
  if (rows[0].status === 'committed') return ['COMPLETED', 'cleared by hand; everything had arrived'];
  return ['FAILED', `cleared by hand; ${rows[0].status === 'aborted' ? 'nothing was changed' : 'outcome unknown, safe to repeat'}`];
}

const { rows } = await client.query(`SELECT * FROM "InitialLoadSessions" WHERE status IN ('PREPARING', 'TRANSFERRING') ORDER BY "startedAt"`);
let [cleared, alive] = [0, 0];
for (const row of rows) {
  const dead = await isDead(row.sessionId);
  const words = `${row.sessionId}  ${row.direction} ${row.method}, ${row.peer}, ${row.progress} %, ${row.currentStep}, since ${row.startedAt.toISOString()}`;
  if (dead || isForced) {
    const [status, message] = await endOf(row);
    if (!isDryRun) {
      await client.query(
        `UPDATE "InitialLoadSessions" SET status = $2, "errorMessage" = $3, "completedAt" = now() WHERE "sessionId" = $1 AND status IN ('PREPARING', 'TRANSFERRING')`,
        [row.sessionId, status, message],
      );
    }
    cleared += 1;
    console.log(`${isDryRun ? 'would end' : 'ended'} as ${status}: ${words}`);
  } else {
    alive += 1;
    console.log(`runs: ${words}`);
  }
  await client.query('SELECT pg_advisory_unlock_all()');
}
await client.end();
console.log(`${rows.length} running by their rows, ${cleared} ${isDryRun ? 'would be ended' : 'ended'}, ${alive} left alone${alive > 0 ? ' (--force ends them)' : ''}`);
