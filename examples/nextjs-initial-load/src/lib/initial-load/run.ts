// One run of this process: its row, its locks, its heartbeat, and the signal that ends everything that works for it.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Prisma } from '@/generated/prisma/client';
import { prisma } from '../db';
import { CancelledError, LoadError, UnknownOutcomeError, fromRestore, log } from './errors';
import { RunLocks } from './locks';
import { settleOnce } from './peer-request';
import type { LoadReport } from './report';
import { ACTIVE, RECEIVED, type SessionView, active, find, runsHere, sweep } from './sessions';
import { removeOrphans } from './spool';

const HEARTBEAT_MS = 2000;
/** How often progress is written while it changes. */
const WRITE_MS = 400;
/** How long a start waits for a run that was ended by hand to let go of its lock. */
const RELEASE_MS = 6000;

export type Phase = 'backup' | 'transfer' | 'restore' | 'verify';
const PHASES: Phase[] = ['backup', 'transfer', 'restore', 'verify'];

type Shown = Pick<SessionView, 'status' | 'progress' | 'currentStep' | 'currentTable' | 'bytes' | 'rows' | 'totalRows' | 'tables'> & { phase: Phase };

export interface NewSession {
  sessionId: string;
  direction: 'send' | 'receive';
  method: 'backup' | 'http';
  peer: string;
  options?: object;
}

/** The run that is in the way, or what is known of it. */
async function busy(): Promise<LoadError> {
  const row = await active();
  const facts = row === null ? {} : { sessionId: row.sessionId, currentStep: row.currentStep, progress: row.progress };
  return new LoadError(409, 'another initial load is running on this server', { facts });
}

async function takeLocks(sessionId: string): Promise<RunLocks> {
  const until = Date.now() + RELEASE_MS;
  for (;;) {
    const locks = await RunLocks.take(sessionId);
    if (locks !== undefined) return locks;
    // Where no row is active the run was ended by hand, and its next heartbeat sees that.
    if ((await active()) !== null || Date.now() > until) throw await busy();
    await sleep(200);
  }
}

export class Run {
  readonly #controller = new AbortController();
  readonly #shown: Shown = {
    status: 'PREPARING',
    phase: 'backup',
    progress: 0,
    currentStep: 'preparing',
    currentTable: null,
    bytes: 0,
    rows: 0,
    totalRows: 0,
    tables: [],
  };
  #isChanged = true;
  #writtenAt = Date.now();
  #timer: NodeJS.Timeout | undefined;
  /** The write that is under way: the last word must not be overtaken by it. */
  #writing: Promise<void> = Promise.resolve();

  private constructor(
    readonly session: NewSession,
    private readonly locks: RunLocks,
  ) {}

  /** Takes the locks and makes the row; fails with 409 where another run is alive. */
  static async begin(session: NewSession): Promise<Run> {
    await sweep(settleOnce, { withWaiting: true });
    const locks = await takeLocks(session.sessionId);
    try {
      if ((await active()) !== null) throw await busy();
      if ((await find(session.sessionId)) !== null) throw new LoadError(409, `session ${session.sessionId} was there before`);
      await prisma.initialLoadSession.create({ data: { ...session, currentStep: 'preparing', options: session.options ?? {} } });
    } catch (error) {
      await locks.release();
      throw error;
    }
    const run = Run.#start(session, locks);
    log(run.id, `begins: ${session.direction} ${session.method}, peer ${session.peer}`);
    await removeOrphans();
    return run;
  }

  /** Goes on with a session whose backup was received by another request. */
  static async resume(session: NewSession): Promise<Run> {
    const locks = await takeLocks(session.sessionId);
    const row = await find(session.sessionId);
    if (row !== null && ACTIVE.includes(row.status) && row.currentStep === RECEIVED && row.peer === session.peer) return Run.#start(session, locks);
    await locks.release();
    throw new LoadError(409, row === null ? 'there is no such session' : `the session has ended: ${row.errorMessage ?? row.status}`);
  }

  static #start(session: NewSession, locks: RunLocks): Run {
    const run = new Run(session, locks);
    runsHere.add(run.id);
    locks.onLost(() => run.abort(new LoadError(503, 'the connection that holds the lock of this run was lost; nothing was changed')));
    run.#timer = setInterval(() => void run.#beat(), WRITE_MS);
    return run;
  }

  /** Lends its locks to `work` and lets go of them, with the row still active: the next request goes on with the session. */
  async lend<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      await this.#stop();
      await this.locks.release();
    }
  }

  /** A whole backup is there, and the next request restores it. */
  async received(): Promise<void> {
    await this.#stop();
    const { count } = await prisma.initialLoadSession.updateMany({
      where: { sessionId: this.id, status: { in: ACTIVE }, cancelRequestedAt: null },
      data: { ...this.#last(), status: 'TRANSFERRING', currentStep: RECEIVED },
    });
    await this.locks.release();
    if (count === 0) throw new CancelledError();
  }

  /** After it nothing is written but what is written on purpose. */
  async #stop(): Promise<void> {
    runsHere.delete(this.id);
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#writing;
  }

  get id(): string {
    return this.session.sessionId;
  }

  /** Ends pg_dump, the request and psql. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get shown(): Readonly<Shown> {
    return this.#shown;
  }

  abort(reason: LoadError): void {
    if (!this.signal.aborted) this.#controller.abort(reason);
  }

  /** Says how far it is. Neither the phase nor the percentage goes backwards. */
  show(change: Partial<Shown>): void {
    const { phase = this.#shown.phase, progress = 0 } = change;
    Object.assign(this.#shown, change, {
      phase: PHASES.indexOf(phase) > PHASES.indexOf(this.#shown.phase) ? phase : this.#shown.phase,
      progress: Math.max(this.#shown.progress, Math.min(99, Math.floor(progress))),
    });
    this.#isChanged = true;
  }

  async #beat(): Promise<void> {
    if (!this.#isChanged && Date.now() - this.#writtenAt < HEARTBEAT_MS) return;
    this.#isChanged = false;
    this.#writtenAt = Date.now();
    this.#writing = this.#writing.then(() => this.#write());
    await this.#writing;
  }

  async #write(): Promise<void> {
    if (this.#timer === undefined) return;
    try {
      const { bytes, rows, totalRows, tables, currentStep, ...rest } = this.#shown;
      const { count } = await prisma.initialLoadSession.updateMany({
        where: { sessionId: this.id, status: { in: ACTIVE } },
        data: { ...rest, tables: tables as object[], bytes, rows, totalRows, heartbeatAt: new Date() },
      });
      if (count === 0) return this.abort(new LoadError(409, 'ended by hand; nothing was changed'));
      const row = await find(this.id);
      if (row?.cancelRequestedAt) return this.abort(new CancelledError());
      // Not over the words of a cancellation.
      await prisma.initialLoadSession.updateMany({
        where: { sessionId: this.id, status: { in: ACTIVE }, cancelRequestedAt: null },
        data: { currentStep },
      });
    } catch (error) {
      // It is for display; a database that is gone ends the run by its locks.
      log(this.id, 'the heartbeat could not be written', error);
    }
  }

  /** The last look before the commit: still wanted, and the number by which its end can be asked for is written down. */
  async claimCommit(transactionId: string | undefined): Promise<void> {
    this.signal.throwIfAborted();
    const { count } = await prisma.initialLoadSession.updateMany({
      where: { sessionId: this.id, status: { in: ACTIVE }, cancelRequestedAt: null },
      data: { transactionId: transactionId ?? null },
    });
    if (count === 1) return;
    const row = await find(this.id);
    throw row?.cancelRequestedAt ? new CancelledError() : new LoadError(409, 'ended by hand; nothing was changed');
  }

  /** The row says what is true, also where somebody has set it to something else meanwhile. */
  async complete(report: LoadReport, message?: string): Promise<void> {
    await this.#end({
      ...this.#last(),
      status: 'COMPLETED',
      phase: 'verify',
      progress: 100,
      currentStep: 'done',
      currentTable: null,
      report: report as object,
      errorMessage: message ?? null,
    });
    log(this.id, 'COMPLETED');
  }

  /** Returns the error as it is shown. */
  async fail(thrown: unknown): Promise<LoadError> {
    // Who has ended the run says why, whatever broke after that.
    const reason: unknown = this.signal.aborted && !(thrown instanceof UnknownOutcomeError) ? this.signal.reason : thrown;
    const error = fromRestore(reason);
    const status = error instanceof CancelledError || (await this.#isCancelling(error)) ? 'CANCELLED' : 'FAILED';
    log(this.id, `${status}: ${error.message}`, error.cause ?? '');
    try {
      await this.#end({ ...this.#last(), status, currentStep: status === 'CANCELLED' ? 'cancelled' : 'failed', errorMessage: error.message });
    } catch (failure) {
      // The locks are free, so that the next look finds the row.
      log(this.id, 'the end could not be written', failure);
    }
    return error;
  }

  /** What breaks between a cancellation and the heartbeat that sees it is its end, as long as that is known. */
  async #isCancelling(error: LoadError): Promise<boolean> {
    if (error instanceof UnknownOutcomeError) return false;
    const row = await find(this.id).catch(() => null);
    return row !== null && row.cancelRequestedAt !== null;
  }

  #last() {
    const { phase, progress, bytes, rows, totalRows, tables } = this.#shown;
    return { phase, progress, bytes, rows, totalRows, tables: tables as object[] };
  }

  async #end(data: Prisma.InitialLoadSessionUpdateManyMutationInput): Promise<void> {
    await this.#stop();
    try {
      await prisma.initialLoadSession.updateMany({
        where: { sessionId: this.id, ...(data.status === 'COMPLETED' ? {} : { status: { in: ACTIVE } }) },
        data: { ...data, completedAt: new Date() },
      });
    } finally {
      await this.locks.release();
    }
  }
}
