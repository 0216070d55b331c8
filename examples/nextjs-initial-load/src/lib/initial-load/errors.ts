// What goes wrong, as a status of HTTP and words that may be shown. PostgreSQL's DETAIL prints whole rows, hashes of passwords
// among them: it goes into the log of this server and nowhere else.

import type { DumpsertError } from 'dumpsert';

/** An error whose message may be shown to the administrator and to the peer. */
export class LoadError extends Error {
  override readonly name = 'LoadError';
  /** More of an answer than the message, such as the run that is in the way. */
  readonly facts: Record<string, unknown>;

  constructor(
    readonly status: number,
    message: string,
    options: { cause?: unknown; facts?: Record<string, unknown> } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.facts = options.facts ?? {};
  }
}

export class CancelledError extends LoadError {
  constructor(message = 'cancelled; nothing was changed') {
    super(409, message);
  }
}

/** The end of the run is not known: all has arrived or nothing. */
export class UnknownOutcomeError extends LoadError {
  constructor(why: string) {
    super(502, `${why}. Outcome unknown: everything has arrived or nothing has, and it is safe to repeat`);
  }
}

const isDumpsertError = (error: unknown): error is DumpsertError =>
  error instanceof Error && 'category' in error && 'code' in error;

/** What `restore()` throws. An error from outside that has ended it goes first. */
export function fromRestore(error: unknown): LoadError {
  if (error instanceof LoadError) return error;
  if (!isDumpsertError(error)) return fromDriver(error);
  if (error.cause instanceof LoadError) return error.cause;
  const reason = error.cause as { cause?: unknown } | undefined;
  if (reason?.cause instanceof LoadError) return reason.cause;
  if (error.outcome?.ending === 'unknown') return new UnknownOutcomeError(error.message);
  // What psql has said comes with its own words around; table, row and key are named in it.
  if (error.code === 'read' && error.cause !== undefined) {
    return new LoadError(422, 'the connection to the peer was cut while the dump arrived; nothing was changed', { cause: error });
  }
  const said = firstLines(error.message).replace(/^the target says: (ERROR: +)?(dumpsert: )?/, '').replace(/; HINT: .*$/s, '').replace(/; nothing was changed$/, '');
  const row = error.row === undefined ? '' : ` (row ${error.row} of ${error.table})`;
  return new LoadError(statusOf(error), `${said}${row}; nothing was changed`, { cause: error });
}

function statusOf({ code, category, message }: DumpsertError): number {
  if (/another run of dumpsert/.test(message)) return 409;
  if (/No space left|disk full|could not (write|extend)/i.test(message)) return 507;
  if (code === 'program') return 503;
  if (code === 'database') return /connection|connect to|starting up|shutting down|does not exist$/.test(message) ? 503 : 422;
  // The upload was cut, which the peer knows already.
  if (code === 'read') return 422;
  if (category === 'limit') return 413;
  if (['truncated', 'syntax', 'unsupported', 'config'].includes(category)) return 422;
  return 500;
}

/** What the driver throws. Its fields, `detail` above all, stay in the log. */
export function fromDriver(error: unknown): LoadError {
  if (error instanceof LoadError) return error;
  const { code, message } = error as { code?: unknown; message?: unknown };
  const text = firstLines(String(message ?? error));
  if (typeof code === 'string') {
    if (/^(08|57P)|^ECONN|^ENOTFOUND|^ENOENT$|^P1001$/.test(code)) return new LoadError(503, `the database does not answer: ${text}`, { cause: error });
    if (/^53[12]/.test(code)) return new LoadError(507, text, { cause: error });
    if (/^(22|23|42)/.test(code)) return new LoadError(422, text, { cause: error });
    if (code === 'ENOSPC') return new LoadError(507, 'no space left on the disk', { cause: error });
  }
  return new LoadError(500, 'an unexpected error; the reason is in the log of the server', { cause: error });
}

/** Without DETAIL and what follows it. */
function firstLines(message: string): string {
  return (message.split(/\n\s*(?:DETAIL|CONTEXT|QUERY|STATEMENT):/)[0] ?? '').trim().slice(0, 1000);
}

/** The log of this server: with the session's id, so that the logs of both sides can be laid side by side. */
export function log(sessionId: string | undefined, message: string, error?: unknown): void {
  const line = `${new Date().toISOString()} initial-load ${process.env.NODE_ID ?? '?'} ${sessionId ?? '-'} ${message}`;
  if (error === undefined) console.log(line);
  else console.error(line, error);
}
