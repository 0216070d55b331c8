// The rows of "InitialLoadSessions": what is shown, and by which an administrator can end a run by hand.

import type pg from 'pg';
import type { InitialLoadSession } from '@/generated/prisma/client';
import { prisma } from '../db';
import { log } from './errors';
import { ifDead } from './locks';
import type { Peer } from './peer-request';
import type { LoadReport } from './report';

export const ACTIVE = ['PREPARING', 'TRANSFERRING'];

/** The step of a session whose backup was received and is not restored yet. */
export const RECEIVED = 'received';

/** Sessions that this process runs: nobody has to ask for their locks. One set for all bundles. */
const globals = globalThis as typeof globalThis & { initialLoadsHere?: Set<string> };
export const runsHere = (globals.initialLoadsHere ??= new Set());

/** In names of files and in locks: nothing but letters, digits and dashes. */
export const isSessionId = (text: string | null | undefined): text is string => /^[0-9a-zA-Z][0-9a-zA-Z-]{7,63}$/.test(text ?? '');

/** How many rows of a table were seen. */
export interface TableProgress {
  table: string;
  rows: number;
  /** On the source, which has counted them. */
  total?: number;
}

/** A session as JSON. */
export interface SessionView {
  sessionId: string;
  direction: string;
  method: string;
  peer: string;
  status: string;
  phase: string;
  progress: number;
  currentStep: string;
  currentTable: string | null;
  bytes: number;
  rows: number;
  totalRows: number;
  tables: TableProgress[];
  options: { demo?: boolean; compress?: boolean; spool?: boolean };
  report: LoadReport | null;
  errorMessage: string | null;
  isCancelling: boolean;
  startedAt: string;
  heartbeatAt: string;
  completedAt: string | null;
}

export function view(row: InitialLoadSession): SessionView {
  const { bytes, rows, totalRows, tables, options, report, startedAt, heartbeatAt, completedAt, cancelRequestedAt, ...rest } = row;
  const { transactionId: _, ...shown } = rest;
  return {
    ...shown,
    bytes: Number(bytes),
    rows: Number(rows),
    totalRows: Number(totalRows),
    tables: tables as unknown as TableProgress[],
    options: options as SessionView['options'],
    report: report as unknown as LoadReport | null,
    isCancelling: cancelRequestedAt !== null && ACTIVE.includes(row.status),
    startedAt: startedAt.toISOString(),
    heartbeatAt: heartbeatAt.toISOString(),
    completedAt: completedAt?.toISOString() ?? null,
  };
}

export async function find(sessionId: string): Promise<InitialLoadSession | null> {
  return prisma.initialLoadSession.findUnique({ where: { sessionId } });
}

export async function history(): Promise<InitialLoadSession[]> {
  return prisma.initialLoadSession.findMany({ orderBy: { startedAt: 'desc' }, take: 50 });
}

export async function active(): Promise<InitialLoadSession | null> {
  return prisma.initialLoadSession.findFirst({ where: { status: { in: ACTIVE } }, orderBy: { startedAt: 'desc' } });
}

/** The run sees it at its next heartbeat, and at the latest before it commits. */
export async function requestCancel(sessionId: string): Promise<boolean> {
  const { count } = await prisma.initialLoadSession.updateMany({
    where: { sessionId, status: { in: ACTIVE } },
    data: { cancelRequestedAt: new Date(), currentStep: 'cancelling' },
  });
  return count === 1;
}

/** The step of a session that has not begun and never will. */
const CLOSED = 'closed';

/** Makes sure that a session that has not begun never does: its number is taken. */
export async function closeUnlessBegun(sessionId: string, peer: string): Promise<void> {
  const now = new Date();
  await prisma.initialLoadSession.createMany({
    data: [
      {
        sessionId,
        peer,
        direction: 'receive',
        method: 'backup',
        status: 'FAILED',
        currentStep: CLOSED,
        errorMessage: 'the connection was cut before it began; nothing was changed',
        startedAt: now,
        completedAt: now,
      },
    ],
    skipDuplicates: true,
  });
}

/** How the other side says that a session has ended, where the process of this side has not lived to hear it. */
export type AskPeer = (peer: Peer, sessionId: string) => Promise<SessionView | 'unknown'>;

/**
 * Finds sessions whose process has died, and what has become of them. Called at start-up, at each start and at each status call.
 * `withWaiting` also those that wait for the next request of their peer, while which
 * nobody holds their lock: a run that starts goes before them.
 */
export async function sweep(ask: AskPeer, { withWaiting = false } = {}): Promise<void> {
  const rows = await prisma.initialLoadSession.findMany({ where: { status: { in: ACTIVE } } });
  for (const row of rows) {
    const isWaiting = row.direction === 'receive' && (row.method === 'http' || row.currentStep === RECEIVED);
    if ((isWaiting && !withWaiting) || runsHere.has(row.sessionId)) continue;
    await ifDead(row.sessionId, async (client) => {
      // It may have ended between the two looks.
      const now = await find(row.sessionId);
      if (now === null || !ACTIVE.includes(now.status)) return;
      await (now.direction === 'send' ? settleSent(now, ask) : settleReceived(now, client));
    });
  }
}

const DIED = 'the process that ran it has ended';

async function settleReceived(row: InitialLoadSession, client: pg.Client): Promise<void> {
  if (row.method === 'http') return finish(row, 'FAILED', `${DIED}; the batches that had arrived are kept, and it is safe to repeat`);
  // The number is written down before the target may be told to commit.
  if (row.transactionId === null) return finish(row, 'FAILED', `${DIED}; nothing was changed`);
  const { rows } = await client.query('SELECT pg_xact_status($1::text::xid8) AS status', [row.transactionId]);
  const status = (rows[0] as { status: string | null }).status;
  if (status === 'committed') return finish(row, 'COMPLETED', `${DIED} after the commit: everything has arrived`);
  if (status === 'aborted') return finish(row, 'FAILED', `${DIED}; nothing was changed`);
  if (status === null) return finish(row, 'FAILED', `${DIED}; outcome unknown, safe to repeat`);
  // In progress: the next look tells.
}

async function settleSent(row: InitialLoadSession, ask: AskPeer): Promise<void> {
  const peer = await prisma.syncNode.findUnique({ where: { nodeId: row.peer } });
  const state = peer === null ? 'unknown' : await ask(peer, row.sessionId);
  if (state === 'unknown') return finish(row, 'FAILED', `${DIED}, and ${row.peer} does not answer; outcome unknown, safe to repeat`);
  if (state.currentStep === CLOSED) return finish(row, 'FAILED', `${DIED}; nothing was changed`);
  if (state.status === 'COMPLETED') return finish(row, 'COMPLETED', `${DIED}; ${row.peer} has completed it`, state.report);
  if (ACTIVE.includes(state.status) && row.method === 'backup') return;
  return finish(row, state.status === 'CANCELLED' ? 'CANCELLED' : 'FAILED', `${DIED}; on ${row.peer}: ${state.errorMessage ?? 'not ended'}`);
}

async function finish(row: InitialLoadSession, end: 'COMPLETED' | 'FAILED' | 'CANCELLED', message: string, report?: LoadReport | null): Promise<void> {
  const status = end === 'FAILED' && row.cancelRequestedAt !== null ? 'CANCELLED' : end;
  log(row.sessionId, `${status}: ${message}`);
  await prisma.initialLoadSession.updateMany({
    where: { sessionId: row.sessionId, status: { in: ACTIVE } },
    data: {
      status,
      errorMessage: message,
      completedAt: new Date(),
      ...(status === 'COMPLETED' ? { progress: 100, currentStep: 'done' } : {}),
      ...(report ? { report: report as object } : {}),
    },
  });
}
