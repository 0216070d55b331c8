// Who is alive is told by advisory locks of sessions of PostgreSQL: a process that dies loses them at once, whatever killed it, so
// that no timeout has to decide.
//
// The same numbers stand in scripts/clear-stuck-initial-load.js.

import pg from 'pg';
import { directUrl } from './config';
import { fromDriver } from './errors';

/** 'ilru': one initial load at a time on a server, in either direction. */
const RUN_CLASS = 1768714869;
/** 'ilse', with the hash of the session's id: that session's process is alive. */
const SESSION_CLASS = 1768715109;
/** The lock that a transaction of the merge holds: see core/src/restore/session.rs of dumpsert. */
const MERGE_LOCK = [1685417328, 1936028276] as const;

/** A connection that ends soon after the other side is gone. */
export async function connect(): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: directUrl(),
    keepAlive: true,
    keepAliveInitialDelayMillis: 5000,
    application_name: 'initial-load',
  });
  // Without a listener a lost connection would end the process.
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (error) {
    throw fromDriver(error);
  }
  return client;
}

const isTaken = (result: pg.QueryResult<{ taken: boolean }>) => result.rows[0]?.taken === true;

/** The locks of one run, on a connection of their own. */
export class RunLocks {
  private constructor(private readonly client: pg.Client) {}

  /** Takes both locks; undefined where another run has one. */
  static async take(sessionId: string): Promise<RunLocks | undefined> {
    const client = await connect();
    try {
      const run = await client.query('SELECT pg_try_advisory_lock($1, 0) AS taken', [RUN_CLASS]);
      if (isTaken(run)) {
        const session = await client.query('SELECT pg_try_advisory_lock($1, hashtext($2)) AS taken', [SESSION_CLASS, sessionId]);
        if (isTaken(session)) return new RunLocks(client);
      }
    } catch (error) {
      await client.end();
      throw fromDriver(error);
    }
    await client.end();
    return undefined;
  }

  /** Calls `lost` when the connection ends, and with it the locks. */
  onLost(lost: () => void): void {
    this.client.once('end', lost);
  }

  async release(): Promise<void> {
    this.client.removeAllListeners('end');
    await this.client.end();
  }
}

/**
 * Runs `decide` with the lock of a session whose process is not alive, so that nobody else decides at the same time. Returns false
 * where the process is alive, or the merge of some run has not let go yet: a dead parent does not mean that psql is dead.
 */
export async function ifDead(sessionId: string, decide: (client: pg.Client) => Promise<void>): Promise<boolean> {
  const client = await connect();
  try {
    const session = await client.query('SELECT pg_try_advisory_lock($1, hashtext($2)) AS taken', [SESSION_CLASS, sessionId]);
    if (!isTaken(session)) return false;
    const merge = await client.query('SELECT pg_try_advisory_lock($1, $2) AS taken', [...MERGE_LOCK]);
    if (!isTaken(merge)) return false;
    await decide(client);
    return true;
  } finally {
    await client.end();
  }
}

/**
 * Fails where two connections get the same lock: a pooler in transaction mode lends one connection of the server to both, and a lock
 * would say nothing.
 */
export async function checkDirect(): Promise<void> {
  const [one, two] = [await connect(), await connect()];
  try {
    const key = [RUN_CLASS + 1, process.pid & 0x7fffffff];
    await one.query('SELECT pg_advisory_lock($1, $2)', key);
    if (isTaken(await two.query('SELECT pg_try_advisory_lock($1, $2) AS taken', key))) {
      throw new Error('DIRECT_URL leads to a pooler in transaction mode: give the address of the database itself');
    }
  } finally {
    await Promise.all([one.end(), two.end()]);
  }
}
