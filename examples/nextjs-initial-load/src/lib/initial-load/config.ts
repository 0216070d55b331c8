// What the environment says. Read when it is needed, not when a module is loaded: a build has none of it.

import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const KEY_LENGTH_MIN = 32;

function needed(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`the variable ${name} is not set`);
  return value;
}

/** The name of this server among its peers. */
export const nodeId = () => needed('NODE_ID');

/** The secret that the servers share. */
export function syncKey(): string {
  const key = needed('SYNC_KEY');
  if (key.length < KEY_LENGTH_MIN) throw new Error(`SYNC_KEY has ${key.length} characters; it needs ${KEY_LENGTH_MIN} and more`);
  return key;
}

/** The database itself, not a pooler: locks belong to a connection. */
export const directUrl = () => process.env.DIRECT_URL || needed('DATABASE_URL');

/** The folder of psql and pg_dump; without it they are found by PATH. */
export const binDir = () => process.env.PG_BIN || undefined;

export const spoolDir = () => join(process.env.SPOOL_DIR || tmpdir(), `initial-load-${nodeId()}`);

/** How long a peer may send nothing before its connection is taken for dead. */
export const idleSeconds = () => Number(process.env.SYNC_IDLE_SECONDS ?? 600);

/** How long the source asks a target that does not answer, before it says that the outcome is unknown. */
export const askSeconds = () => Number(process.env.SYNC_ASK_SECONDS ?? 60);

/**
 * A URL as libpq's variables: a password in an argument could be read by every user of the machine. What Prisma adds to its URLs
 * (schema, connection_limit, pgbouncer …) is nothing that libpq knows.
 */
export function libpqEnv(url: string): Record<string, string> {
  const { hostname, port, username, password, pathname, searchParams } = new URL(url);
  const all: Record<string, string | null> = {
    PGHOST: searchParams.get('host') || decodeURIComponent(hostname),
    PGPORT: searchParams.get('port') || port,
    PGUSER: decodeURIComponent(username),
    PGPASSWORD: decodeURIComponent(password),
    PGDATABASE: decodeURIComponent(pathname.slice(1)),
    PGSSLMODE: searchParams.get('sslmode'),
    PGSSLROOTCERT: searchParams.get('sslrootcert') || searchParams.get('sslcert'),
  };
  return Object.fromEntries(Object.entries(all).filter((pair): pair is [string, string] => !!pair[1]));
}
