// The start of an initial load, from the page or from wherever the app wants it.

import { randomUUID } from 'node:crypto';
import { type LoadOptions, checkHere, checkPeer, sendBackup } from './backup-transfer';
import { LoadError, log } from './errors';
import { sendRows } from './http-transfer';
import { peerOf } from './peer-request';
import { Run } from './run';

export interface StartRequest extends LoadOptions {
  peer: string;
  method: 'backup' | 'http';
}

/** What the page sends. Nothing in it is an address, a path or a name of a table. */
export function startRequest(body: unknown): StartRequest {
  const { peer, method = 'backup', demo = true, compress = true, spool = false } = (body ?? {}) as Record<string, unknown>;
  if (typeof peer !== 'string' || peer === '') throw new LoadError(422, 'no peer is chosen');
  if (method !== 'backup' && method !== 'http') throw new LoadError(422, 'the method is `backup` or `http`');
  for (const flag of [demo, compress, spool]) if (typeof flag !== 'boolean') throw new LoadError(422, 'the options are true or false');
  return { peer, method, demo, compress, spool } as StartRequest;
}

/** Starts a run, which goes on by itself. What keeps it from starting is said at once. */
export async function start(request: StartRequest): Promise<string> {
  const { method, peer: name, ...options } = request;
  const peer = await peerOf(name);
  if (method === 'backup') await checkHere();
  await checkPeer(peer);
  const run = await Run.begin({ sessionId: randomUUID(), direction: 'send', method, peer: name, options });
  const work = method === 'backup' ? sendBackup(run, peer, options) : sendRows(run, peer, options);
  work.catch((error: unknown) => log(run.id, 'the run has ended without a word', error));
  return run.id;
}
