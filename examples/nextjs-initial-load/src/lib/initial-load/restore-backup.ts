// The target: a dump from a peer into this server's database, in one transaction.

import { setTimeout as sleep } from 'node:timers/promises';
import { Catalog, type Outcome, type RestoreProgress, restore } from 'dumpsert';
import { binDir, directUrl, idleSeconds } from './config';
import { LoadError, log } from './errors';
import { connect } from './locks';
import { missing, versionOf } from './tools';
import { type LoadReport, judge, reportOf, unaccounted } from './report';
import { restoreRules } from './rules';
import type { Run } from './run';
import { countRows } from './tables';

const STEPS: Record<RestoreProgress['phase'], string> = {
  check: 'waiting for the dump',
  read: 'receiving',
  merge: 'comparing and writing',
  commit: 'verified; committing',
};

/** What the target shows of a restore. */
function show(run: Run, { phase, bytes, rows, table }: RestoreProgress): void {
  const { totalRows } = run.shown;
  if (phase === 'merge') return run.show({ phase: 'restore', progress: 80, currentStep: STEPS.merge, currentTable: null });
  if (phase === 'commit') return run.show({ phase: 'verify', progress: 97, currentStep: STEPS.commit });
  const change: Parameters<Run['show']>[0] = { status: 'TRANSFERRING', phase: 'transfer', currentStep: STEPS[phase] };
  if (phase === 'read') {
    Object.assign(change, { bytes: bytes ?? 0, rows: rows ?? 0, currentTable: table ?? null });
    change.progress = 5 + 70 * Math.min(1, (rows ?? 0) / Math.max(1, totalRows));
  }
  run.show(change);
}

/** The tables of the target, and its foreign keys, along which rows are left out. */
async function catalogOf(): Promise<Catalog> {
  const client = await connect();
  try {
    return await Catalog.fromQuery((sql) => client.query(sql));
  } finally {
    await client.end();
  }
}

/** Fails where nothing comes any more: a connection that is gone without a word would hold the transaction for ever. */
export async function* notIdle(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const iterator = bytes[Symbol.asyncIterator]();
  const silent = new LoadError(422, `the peer has sent nothing for ${idleSeconds()} s; nothing was changed`);
  for (;;) {
    const timer = new AbortController();
    const idle = sleep(idleSeconds() * 1000, undefined, { signal: timer.signal }).then(() => {
      throw silent;
    });
    const next = iterator.next();
    next.catch(() => {});
    try {
      const { done, value } = await Promise.race([next, idle]);
      if (done) return;
      yield value as Uint8Array;
    } finally {
      timer.abort();
      idle.catch(() => {});
    }
  }
}

async function countsAfter(report: LoadReport): Promise<Map<string, number> | undefined> {
  const client = await connect();
  try {
    return await countRows(client, report.tables.map(({ table }) => table));
  } finally {
    await client.end();
  }
}

/** Restores `input` and ends the run. Returns the report once the target has committed; throws what may be shown. */
export async function restoreInto(run: Run, input: AsyncIterable<Uint8Array> | string, demo: boolean): Promise<LoadReport> {
  let outcome: Outcome;
  try {
    if ((await versionOf('psql')) === undefined) throw missing(process.env.NODE_ID ?? 'the target', ['psql']);
    run.show({ status: 'TRANSFERRING', currentStep: STEPS.check });
    outcome = await restore(input, {
      ...restoreRules(demo),
      to: directUrl(),
      binDir: binDir(),
      catalog: await catalogOf(),
      signal: run.signal,
      onProgress: (progress) => show(run, progress),
      beforeCommit: async (merged) => {
        const lost = unaccounted(reportOf(merged));
        if (lost.length > 0) throw new LoadError(422, `rows of ${lost.join(', ')} are missing in the merge; nothing was changed`);
        await run.claimCommit(merged.transaction_id);
      },
    });
  } catch (error) {
    const failure = await run.fail(error);
    // The peer shows it at the step where it was.
    failure.facts.phase = run.shown.phase;
    throw failure;
  }
  // It is committed: whatever fails from here on does not make it undone.
  let report = reportOf(outcome);
  try {
    report = judge(report, undefined, await countsAfter(report));
  } catch (error) {
    log(run.id, 'the rows of the target could not be counted', error);
    report = { ...judge(report, undefined, undefined), notes: [...report.notes, 'the rows of the target could not be counted after the commit'] };
  }
  try {
    await run.complete(report);
  } catch (error) {
    // The peer is told; the row is put right by the number of the transaction.
    log(run.id, 'committed, but the row of the session could not be written', error);
  }
  return report;
}
