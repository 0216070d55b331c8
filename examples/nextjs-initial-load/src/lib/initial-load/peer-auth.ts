// How the servers know each other: a secret that both have, HMAC-SHA256, and nothing that can be sent twice.
//
// - The header signature covers method, path, query, sender, receiver, time, nonce and session. It is checked before the body is read.
// - A body that streams ends in 32 bytes more, the seal: an HMAC over the header signature and all bytes before. The receiver holds
//   back the last 32 bytes and compares them before anybody is told that the body has ended, so that a body that was changed, cut, or
//   put under another header never reaches a COMMIT. The sender seals only what pg_dump has ended well.
// - A body that is JSON has its seal in a header.
// - Answers are signed over the signature of their request: whoever is between the servers cannot say "done".

import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import type { NextRequest } from 'next/server';
import { prisma } from '../db';
import { nodeId, syncKey } from './config';
import { LoadError } from './errors';
import { isSessionId } from './sessions';

const CLOCK_MS = 5 * 60 * 1000;
const NONCE_MS = 10 * 60 * 1000;
export const SEAL_BYTES = 32;

const hmac = (...parts: (string | Uint8Array)[]) => {
  const mac = createHmac('sha256', syncKey());
  for (const part of parts) mac.update(part);
  return mac.digest();
};

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}

/** What a signature covers. No part can hold a line end, so that no two lists of parts look alike. */
const signed = (parts: string[]) => hmac('request\n', parts.join('\n')).toString('hex');

/** The headers of a request to a peer. `path` is without the base path of either app. */
export function signHeaders(method: string, path: string, receiver: string, sessionId: string): Record<string, string> {
  const [timestamp, nonce] = [String(Date.now()), randomUUID()];
  return {
    'X-Node-ID': nodeId(),
    'X-Sync-Timestamp': timestamp,
    'X-Sync-Nonce': nonce,
    'X-Sync-Session': sessionId,
    'X-Sync-Signature': signed([method, path, nodeId(), receiver, timestamp, nonce, sessionId]),
  };
}

/** A peer that has signed its request. */
export interface Sender {
  nodeId: string;
  mayWriteHere: boolean;
  sessionId: string;
  signature: string;
}

/** Checks a request before its body is read: 401 where something is missing, 403 where it is wrong or was there before. */
export async function verifyPeer(request: NextRequest): Promise<Sender> {
  const header = (name: string) => request.headers.get(name) ?? '';
  const [from, timestamp, nonce, signature] = ['x-node-id', 'x-sync-timestamp', 'x-sync-nonce', 'x-sync-signature'].map(header) as [string, string, string, string];
  const sessionId = header('x-sync-session');
  if (!from || !timestamp || !nonce || !signature) throw new LoadError(401, 'the request is not signed');
  const path = request.nextUrl.pathname + request.nextUrl.search;
  const expected = signed([request.method, path, from, nodeId(), timestamp, nonce, sessionId]);
  if (!isEqual(Buffer.from(signature), Buffer.from(expected))) throw new LoadError(403, 'the signature is wrong');
  if (!(Math.abs(Date.now() - Number(timestamp)) <= CLOCK_MS)) {
    throw new LoadError(403, 'the time of the request is more than five minutes away: do the clocks of both servers agree?');
  }
  const peer = await prisma.syncNode.findUnique({ where: { nodeId: from } });
  if (peer === null || !peer.isActive) throw new LoadError(403, `${from} is no peer of this server`);
  if (sessionId !== '' && !isSessionId(sessionId)) throw new LoadError(403, 'the id of the session has another form');
  // Only now: what is not signed must not fill the table.
  await useNonce(nonce);
  return { nodeId: from, mayWriteHere: peer.mayWriteHere, sessionId, signature };
}

async function useNonce(nonce: string): Promise<void> {
  if (nonce.length > 64) throw new LoadError(403, 'the nonce has another form');
  await prisma.syncNonce.deleteMany({ where: { expiresAt: { lt: new Date() } } });
  const { count } = await prisma.syncNonce.createMany({
    data: [{ nonce, expiresAt: new Date(Date.now() + NONCE_MS) }],
    skipDuplicates: true,
  });
  if (count === 0) throw new LoadError(403, 'this request was there before');
}

/** The same for what writes into this database, which its own administrator must have allowed. */
export async function verifyWriter(request: NextRequest): Promise<Sender> {
  const sender = await verifyPeer(request);
  if (!sender.mayWriteHere) throw new LoadError(403, `${sender.nodeId} may not load into ${nodeId()}: its administrator has to allow that`);
  if (sender.sessionId === '') throw new LoadError(401, 'the request names no session');
  return sender;
}

const sealer = (signature: string) => createHmac('sha256', syncKey()).update(`body\n${signature}\n`);

/** The bytes and their seal. Nothing is sealed where `bytes` fails. */
export async function* seal(bytes: AsyncIterable<Uint8Array>, signature: string): AsyncGenerator<Uint8Array> {
  const mac = sealer(signature);
  for await (const chunk of bytes) {
    mac.update(chunk);
    yield chunk;
  }
  yield mac.digest();
}

/** The bytes without their seal; fails at the end where it is wrong. */
export async function* unseal(bytes: AsyncIterable<Uint8Array>, signature: string): AsyncGenerator<Uint8Array> {
  const mac = sealer(signature);
  let held: Uint8Array = new Uint8Array(0);
  for await (const chunk of bytes) {
    const all = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    const body = all.subarray(0, Math.max(0, all.length - SEAL_BYTES));
    held = all.subarray(body.length);
    if (body.length === 0) continue;
    mac.update(body);
    yield body;
  }
  if (!isEqual(held, mac.digest())) {
    throw new LoadError(422, 'the body is not whole: it was cut, changed, or its sender has failed; nothing was changed');
  }
}

export const sealOf = (body: Uint8Array, signature: string) => sealer(signature).update(body).digest('hex');

export function checkSeal(body: Uint8Array, signature: string, found: string | null): void {
  if (!isEqual(Buffer.from(found ?? ''), Buffer.from(sealOf(body, signature)))) throw new LoadError(403, 'the body is not the one that was signed');
}

const answerOf = (signature: string, status: number, body: string) => hmac(`answer\n${signature}\n${status}\n`, body).toString('hex');

/** An answer that the peer can believe. */
export function signedJson(sender: Sender, status: number, value: unknown): Response {
  const body = JSON.stringify(value);
  const headers = { 'Content-Type': 'application/json', 'X-Sync-Answer': answerOf(sender.signature, status, body) };
  return new Response(body, { status, headers });
}

export function isAnswerGenuine(signature: string, status: number, body: string, found: string | undefined): boolean {
  return isEqual(Buffer.from(found ?? ''), Buffer.from(answerOf(signature, status, body)));
}
