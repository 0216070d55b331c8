// Files of backups that are received before they are restored. Named by the checked id of the session only, readable by this server's
// account alone.

import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { prisma } from '../db';
import { spoolDir } from './config';
import { LoadError, fromDriver } from './errors';
import { ACTIVE, isSessionId } from './sessions';

const BACKUP = '.backup';
const PART = '.part';
/** Of a run that has failed, kept because the administrator has asked for it. */
const KEPT = '.kept';

function pathOf(sessionId: string, ending: string): string {
  if (!isSessionId(sessionId)) throw new LoadError(422, 'the id of the session has another form');
  return join(spoolDir(), sessionId + ending);
}

export const backupFile = (sessionId: string) => pathOf(sessionId, BACKUP);

/** Writes a backup. It has its name only when it is whole. */
export async function receive(sessionId: string, bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
  const part = pathOf(sessionId, PART);
  await mkdir(spoolDir(), { recursive: true, mode: 0o700 });
  try {
    await pipeline(Readable.from(bytes, { objectMode: false }), createWriteStream(part, { mode: 0o600, flags: 'wx' }), { signal });
    await rename(part, backupFile(sessionId));
  } catch (error) {
    await rm(part, { force: true });
    throw fromDriver(error);
  }
}

export async function remove(sessionId: string): Promise<void> {
  for (const ending of [PART, BACKUP]) await rm(pathOf(sessionId, ending), { force: true });
}

/** Keeps the backup of a run that has failed, and says where. */
export async function keep(sessionId: string): Promise<string | undefined> {
  const kept = pathOf(sessionId, KEPT);
  try {
    await rename(backupFile(sessionId), kept);
    return kept;
  } catch (error) {
    // It has failed before a whole backup was there.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Removes files of sessions that are not alive; those that are kept stay until somebody has looked at them. */
export async function removeOrphans(): Promise<void> {
  let names: string[];
  try {
    names = await readdir(spoolDir());
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const rows = await prisma.initialLoadSession.findMany({ where: { status: { in: ACTIVE } }, select: { sessionId: true } });
  const alive = new Set(rows.map(({ sessionId }) => sessionId));
  for (const name of names) {
    const [, sessionId] = /^(.+)\.(?:part|backup)$/.exec(name) ?? [];
    if (sessionId !== undefined && !alive.has(sessionId)) await rm(join(spoolDir(), name), { force: true });
  }
}
