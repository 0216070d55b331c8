// The source: pg_dump, compressed, sealed, in one request to the target.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type pg from 'pg';
import { directUrl, libpqEnv, nodeId } from './config';
import { CancelledError, LoadError, UnknownOutcomeError, log } from './errors';
import { connect } from './locks';
import { type Answer, LostAnswerError, type Peer, askOnce, askUntilFinal, send, stream } from './peer-request';
import { type LoadReport, judge } from './report';
import { LOCAL_TABLES } from './rules';
import type { Run } from './run';
import { ACTIVE, type SessionView, type TableProgress } from './sessions';
import { countRows, tablesOf } from './tables';
import { binary } from './text-mode';
import { missing, pathOf, versionOf } from './tools';

export interface LoadOptions {
  demo: boolean;
  compress: boolean;
  /** The target writes the backup to a file first, and keeps it where the restore fails. */
  spool: boolean;
}

/** What the target says before anything starts. */
export async function checkPeer(peer: Peer): Promise<void> {
  const { status, body } = await send(peer, 'GET', '/api/health').catch((error: unknown) => {
    throw error instanceof LostAnswerError ? new LoadError(503, error.message, { cause: error }) : error;
  });
  if (status !== 200) throw new LoadError(502, `${peer.nodeId}: ${String(body.error)}`);
  const health = body as { mayWriteHere?: boolean; psql?: string | null };
  if (!health.mayWriteHere) throw new LoadError(403, `${nodeId()} may not load into ${peer.nodeId}: its administrator has to allow that`);
  if (!health.psql) throw missing(peer.nodeId, ['psql']);
}

export async function checkHere(): Promise<void> {
  const absent = [];
  for (const program of ['pg_dump', 'psql'] as const) if ((await versionOf(program)) === undefined) absent.push(program);
  if (absent.length > 0) throw missing(nodeId(), absent);
}

export function dumpArguments(snapshot: string): string[] {
  return [
    '--data-only',
    '--column-inserts',
    '--no-owner',
    '--no-privileges',
    '--schema=public',
    // The rows are those that were counted.
    `--snapshot=${snapshot}`,
    // Logins and devices do not leave this server at all.
    ...[...LOCAL_TABLES, 'public._prisma_migrations'].map((table) => `--exclude-table=${table}`),
  ];
}

const STDERR_MAX = 64 << 10;

/** What pg_dump writes. Ends well only where pg_dump has. */
async function* dump(snapshot: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const env = { ...process.env, ...libpqEnv(directUrl()), PGAPPNAME: 'initial-load' };
  const child: ChildProcess = spawn(pathOf('pg_dump'), dumpArguments(snapshot), { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const stop = () => child.kill('SIGKILL');
  signal.addEventListener('abort', stop, { once: true });
  let said = '';
  child.stderr?.on('data', (text: Buffer) => (said = (said + text.toString()).slice(-STDERR_MAX)));
  const closed = once(child, 'close') as Promise<[number | null, string | null]>;
  closed.catch(() => {});
  try {
    yield* binary(child.stdout as AsyncIterable<Uint8Array>);
    const [status, killedBy] = await closed;
    signal.throwIfAborted();
    if (status !== 0) {
      // It may quote rows.
      log(undefined, `pg_dump: ${said}`);
      const why = /error: (.*)/.exec(said)?.[1] ?? `it was ended by ${killedBy ?? `status ${status}`}`;
      throw new LoadError(500, `pg_dump has failed: ${why}; nothing was changed`);
    }
  } finally {
    signal.removeEventListener('abort', stop);
    if (child.exitCode === null) stop();
  }
}

const MARK = '-- Data for Name: ';
const NAME_BYTES_MAX = 400;

/** Notes the tables in the order in which they come, by the comments of pg_dump: for display only, since a value can look like one. */
async function* noting(bytes: AsyncIterable<Uint8Array>, order: string[]): AsyncGenerator<Uint8Array> {
  let tail = Buffer.alloc(0);
  for await (const chunk of bytes) {
    const all = Buffer.concat([tail, chunk]);
    for (let at = all.indexOf(MARK); at >= 0; at = all.indexOf(MARK, at + 1)) {
      const [, name] = /^-- Data for Name: (.*); Type: TABLE DATA; Schema: public;/.exec(all.toString('utf8', at, at + NAME_BYTES_MAX)) ?? [];
      if (name !== undefined && !order.includes(name)) order.push(name);
    }
    tail = all.subarray(-NAME_BYTES_MAX);
    yield chunk;
  }
}

/** Compressed by 3: that takes half the time of 6, and sends a tenth more. */
async function* gzip(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const zip = createGzip({ level: 3 });
  const fed = pipeline(Readable.from(bytes, { objectMode: false }), zip);
  fed.catch(() => {});
  try {
    yield* zip as AsyncIterable<Uint8Array>;
  } finally {
    zip.destroy();
  }
  await fed;
}

/** The snapshot that pg_dump reads, and how many rows each table has in it. Holds until the connection ends. */
async function snapshotOf(client: pg.ClientBase): Promise<{ snapshot: string; counts: Map<string, number> }> {
  await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
  const { rows } = await client.query<{ snapshot: string }>('SELECT pg_export_snapshot() AS snapshot');
  const counts = await countRows(client, (await tablesOf(client)).map(({ name }) => name));
  return { snapshot: rows[0]?.snapshot ?? '', counts };
}

const LOOK_MS = 500;
/** How many looks an answer may be late, when the target has ended. */
const LATE_LOOKS = 6;

/**
 * Shows on this side what the target says of itself, until `stop`. Where it has ended and its answer does not come, the connection is
 * one that nobody has closed: `late` is called.
 */
function follow(run: Run, peer: Peer, stop: AbortSignal, show: (state: SessionView) => void, late: () => void): void {
  let looks = 0;
  const look = async () => {
    const state = await askOnce(peer, run.id);
    if (stop.aborted) return;
    if (typeof state === 'object') {
      show(state);
      looks = ACTIVE.includes(state.status) ? 0 : looks + 1;
    }
    if (looks > LATE_LOOKS) late();
    else setTimeout(() => void look(), LOOK_MS).unref();
  };
  void look();
}

/** The target says how many rows it has read; of which tables, the order tells in which pg_dump has written them. */
export function filled(counts: Map<string, number>, order: string[], rows: number): TableProgress[] {
  const bare = (table: string) => table.replaceAll('"', '').replace(/^public\./, '');
  const place = (table: string) => order.indexOf(bare(table)) + 1 || Infinity;
  let rest = rows;
  return [...counts]
    .sort(([one], [other]) => place(one) - place(other))
    .map(([table, total]) => {
      const read = Math.min(total, rest);
      rest -= read;
      return { table, rows: read, total };
    });
}

function showTarget(run: Run, state: SessionView, counts: Map<string, number>, order: string[]): void {
  const { currentTable, progress } = state;
  const step = ACTIVE.includes(state.status) ? state.currentStep : run.shown.currentStep;
  // Progress is told now and then; behind the reading, all was read.
  const rows = ['restore', 'verify'].includes(state.phase) ? run.shown.totalRows : Math.max(state.rows, run.shown.rows);
  run.show({ phase: state.phase as Run['shown']['phase'], rows, currentTable, progress, tables: filled(counts, order, rows), currentStep: step });
}

function reportIn(run: Run, answer: Answer, peer: Peer): LoadReport {
  if (answer.status === 200) return answer.body.report as LoadReport;
  if (typeof answer.body.phase === 'string') run.show({ phase: answer.body.phase as Run['shown']['phase'] });
  // The target may hear of a cancellation before the heartbeat of this side does.
  if (answer.body.isCancelled === true) throw new CancelledError();
  throw new LoadError(answer.status, `${peer.nodeId}: ${String(answer.body.error)}`, { facts: answer.body });
}

function reportOfState(state: SessionView, peer: Peer): LoadReport {
  if (state.status === 'COMPLETED' && state.report !== null) return state.report;
  if (state.status === 'COMPLETED') throw new LoadError(500, `${peer.nodeId}: ${state.errorMessage ?? 'completed, without a report'}`);
  if (state.status === 'CANCELLED') throw new CancelledError();
  throw new LoadError(502, `${peer.nodeId}: ${state.errorMessage ?? state.status}`);
}

/** Sends the backup, and returns what the target says once that is final. */
async function transfer(run: Run, peer: Peer, options: LoadOptions, { snapshot, order }: { snapshot: string; order: string[] }, late: AbortSignal): Promise<LoadReport> {
  let sent = 0;
  let isUploaded = false;
  const counted = async function* (bytes: AsyncIterable<Uint8Array>) {
    for await (const chunk of bytes) {
      sent += chunk.length;
      run.show({ status: 'TRANSFERRING', phase: 'transfer', bytes: sent });
      yield chunk;
    }
  };
  // Where the connection is lost or the target refuses, pg_dump ends too.
  const abandoned = new AbortController();
  const plain = noting(dump(snapshot, AbortSignal.any([run.signal, abandoned.signal])), order);
  const body = counted(options.compress ? gzip(plain) : plain);
  const query = `?demo=${options.demo ? 1 : 0}&rows=${run.shown.totalRows}`;
  const path = options.spool ? '/api/sync/receive-backup' : '/api/sync/stream-restore';
  const signal = AbortSignal.any([run.signal, late]);
  const settings = { signal, type: 'application/octet-stream', uploaded: () => void (isUploaded = true), abandon: () => abandoned.abort() };
  try {
    const answer = await stream(peer, path + query, run.id, body, settings);
    if (!options.spool || answer.status !== 200) return reportIn(run, answer, peer);
    run.show({ phase: 'restore', currentStep: 'restoring the file' });
    const restored = { signal, patience: 2 ** 31 - 1 };
    return reportIn(run, await send(peer, 'POST', `/api/sync/restore-backup${query}&keep=1`, run.id, {}, restored), peer);
  } catch (error) {
    if (run.signal.aborted) return cancelled(run, peer, isUploaded);
    if (!(error instanceof LostAnswerError)) throw error;
    log(run.id, 'the answer was lost', error);
    run.show({ currentStep: `the connection was lost: asking ${peer.nodeId}` });
    return reportOfState(await askUntilFinal(peer, run.id, error, isUploaded), peer);
  }
}

/** The target is told; where it has committed already, that is the truth. */
async function cancelled(run: Run, peer: Peer, isUploaded: boolean): Promise<LoadReport> {
  const reason = run.signal.reason as LoadError;
  // Without its end the body cannot be committed, whatever the target hears.
  await send(peer, 'DELETE', `/api/sync/sessions/${run.id}`, run.id).catch((error: unknown) => log(run.id, 'the target could not be told', error));
  if (!isUploaded) throw reason;
  const state = await askUntilFinal(peer, run.id, new LostAnswerError(reason.message), isUploaded);
  if (state.status !== 'COMPLETED') throw reason;
  return reportOfState(state, peer);
}

/** The whole run. Never throws: how it has ended stands in its row. */
export async function sendBackup(run: Run, peer: Peer, options: LoadOptions): Promise<void> {
  const done = new AbortController();
  let client: pg.Client | undefined;
  try {
    run.show({ currentStep: 'counting the rows' });
    client = await connect();
    const { snapshot, counts } = await snapshotOf(client);
    const totalRows = [...counts.values()].reduce((sum, rows) => sum + rows, 0);
    run.show({ totalRows, progress: 5, currentStep: 'dumping', tables: filled(counts, [], 0) });
    const [late, order] = [new AbortController(), [] as string[]];
    follow(run, peer, done.signal, (state) => showTarget(run, state, counts, order), () => late.abort(new LostAnswerError(`the answer of ${peer.nodeId} did not come`)));
    const report = judge(await transfer(run, peer, options, { snapshot, order }, late.signal), counts, undefined);
    run.show({ phase: 'verify' });
    const wrong = report.tables.filter(({ verdict }) => verdict === 'mismatch');
    const message = wrong.length > 0 ? `committed, but ${wrong.map(({ table, why }) => `${table}: ${why}`).join('; ')}` : undefined;
    done.abort();
    await run.complete(report, message);
  } catch (error) {
    done.abort();
    await run.fail(error instanceof UnknownOutcomeError || !(error instanceof LostAnswerError) ? error : new LoadError(502, error.message, { cause: error }));
  } finally {
    done.abort();
    await client?.end().catch((error: unknown) => log(run.id, 'the snapshot had ended already', error));
  }
}
