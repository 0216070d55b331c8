// Requests to a peer: by node:http, since fetch holds what it sends in memory and gives up after 300 seconds without headers.

import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { prisma } from '../db';
import { askSeconds } from './config';
import { LoadError, UnknownOutcomeError } from './errors';
import { isAnswerGenuine, seal, sealOf, signHeaders } from './peer-auth';
import { ACTIVE, type SessionView } from './sessions';

export interface Peer {
  nodeId: string;
  name: string;
  url: string;
}

export interface Answer {
  status: number;
  body: Record<string, unknown>;
}

/** An answer of whoever is between the servers, or none at all: it says nothing about the target. */
export class LostAnswerError extends Error {
  override readonly name = 'LostAnswerError';
}

const SHORT_MS = 15_000;
const ANSWER_BYTES_MAX = 32 << 20;

export async function peerOf(nodeId: string): Promise<Peer> {
  const peer = await prisma.syncNode.findUnique({ where: { nodeId } });
  if (peer === null || !peer.isActive) throw new LoadError(404, `${nodeId} is no peer of this server`);
  return peer;
}

function open(peer: Peer, method: string, path: string, sessionId: string, headers: Record<string, string>, signal?: AbortSignal) {
  const url = new URL(peer.url.replace(/\/$/, '') + path);
  const signature = signHeaders(method, path, peer.nodeId, sessionId);
  const client = url.protocol === 'https:' ? https : http;
  const request = client.request(url, { method, headers: { ...signature, ...headers }, signal });
  // A cable that was pulled says nothing by itself.
  request.on('socket', (socket) => socket.setKeepAlive(true, 10_000));
  return { request, signature: signature['X-Sync-Signature'] as string };
}

async function read(peer: Peer, response: http.IncomingMessage, signature: string): Promise<Answer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > ANSWER_BYTES_MAX) throw new LostAnswerError(`the answer of ${peer.nodeId} is too long`);
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString();
  const status = response.statusCode ?? 0;
  if (isAnswerGenuine(signature, status, text, response.headers['x-sync-answer'] as string | undefined)) {
    return { status, body: JSON.parse(text) as Record<string, unknown> };
  }
  // Who does not accept our signature does not sign.
  if (status === 401 || status === 403) {
    let error = 'no reason';
    try {
      error = String((JSON.parse(text) as { error: unknown }).error);
    } catch {
      // It is the page of a proxy.
    }
    throw new LoadError(502, `${peer.nodeId} refuses the request (${status}): ${error}`);
  }
  throw new LostAnswerError(`an answer with status ${status} that is not of ${peer.nodeId}: is a proxy in between?`);
}

/** A short request with JSON. */
export async function send(peer: Peer, method: string, path: string, sessionId = '', json?: unknown, options: { signal?: AbortSignal; patience?: number } = {}): Promise<Answer> {
  const body = json === undefined ? undefined : Buffer.from(JSON.stringify(json));
  const patience = AbortSignal.timeout(options.patience ?? SHORT_MS);
  const signal = options.signal ? AbortSignal.any([options.signal, patience]) : patience;
  const { request, signature } = open(peer, method, path, sessionId, {}, signal);
  if (body !== undefined) {
    request.setHeader('Content-Type', 'application/json');
    request.setHeader('Content-Length', body.length);
    request.setHeader('X-Sync-Seal', sealOf(body, signature));
  }
  try {
    request.end(body);
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    return await read(peer, response, signature);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (error instanceof LoadError || error instanceof LostAnswerError) throw error;
    throw new LostAnswerError(`${peer.nodeId} does not answer: ${(error as Error).message}`, { cause: error });
  } finally {
    request.destroy();
  }
}

/**
 * One request whose body streams and ends in its seal. `body` fails with the reason where its own source has failed, which goes before
 * whatever the connection says. An answer that comes before the body was sent ends the sending; `abandon` ends what makes the body.
 */
export async function stream(peer: Peer, path: string, sessionId: string, body: AsyncIterable<Uint8Array>, options: { signal: AbortSignal; type: string; uploaded: () => void; abandon: () => void }): Promise<Answer> {
  const { request, signature } = open(peer, 'POST', path, sessionId, { 'Content-Type': options.type }, options.signal);
  let sourceError: unknown;
  const watched = async function* () {
    try {
      yield* body;
    } catch (error) {
      sourceError = error;
      throw error;
    }
  };
  const answer = once(request, 'response') as Promise<[http.IncomingMessage]>;
  const gone = new Promise<never>((_, reject) => {
    request.once('error', reject);
    request.once('close', () => reject(new Error('it was closed before the answer')));
  });
  const sendAll = async () => {
    for await (const chunk of seal(watched(), signature)) {
      if (!request.write(chunk)) await Promise.race([once(request, 'drain'), gone]);
    }
    request.end();
    options.uploaded();
  };
  const upload = sendAll();
  // Each is told by the race below, or comes too late to say anything.
  for (const promise of [answer, gone, upload]) promise.catch(() => {});
  try {
    const first = await Promise.race([upload.then(() => undefined), answer, gone]);
    const [response] = first ?? (await Promise.race([answer, gone]));
    return await read(peer, response, signature);
  } catch (error) {
    options.signal.throwIfAborted();
    if (sourceError instanceof LoadError) throw sourceError;
    if (error instanceof LoadError || error instanceof LostAnswerError) throw error;
    throw new LostAnswerError(`the connection to ${peer.nodeId} was lost: ${(error as Error).message}`, { cause: error });
  } finally {
    request.destroy();
    options.abandon();
  }
}

/** What a peer says of a session, if it answers: `nothing` where it has never begun. */
export async function askOnce(peer: Peer, sessionId: string): Promise<SessionView | 'unknown' | 'nothing'> {
  try {
    const { status, body } = await send(peer, 'GET', `/api/sync/sessions/${sessionId}`, sessionId);
    if (status === 200) return body as unknown as SessionView;
    return status === 404 ? 'nothing' : 'unknown';
  } catch {
    // Whatever it is: nothing is known.
    return 'unknown';
  }
}

/** The same for good: a session that has not begun there is closed, since its body may still lie in a proxy. */
export async function settleOnce(peer: Peer, sessionId: string): Promise<SessionView | 'unknown'> {
  try {
    const { status, body } = await send(peer, 'PUT', `/api/sync/sessions/${sessionId}`, sessionId);
    return status === 200 ? (body as unknown as SessionView) : 'unknown';
  } catch {
    return 'unknown';
  }
}

/** After an answer was lost: asks the target until its state is final. Where the body was not sent to its end, it may have none. */
export async function askUntilFinal(peer: Peer, sessionId: string, lost: LostAnswerError, isUploaded: boolean): Promise<SessionView> {
  let until = Date.now() + askSeconds() * 1000;
  for (;;) {
    const state = isUploaded ? await settleOnce(peer, sessionId) : await askOnce(peer, sessionId);
    if (state === 'nothing') throw new LoadError(502, `${lost.message}; nothing was changed`);
    if (typeof state === 'object') {
      if (!ACTIVE.includes(state.status)) return state;
      // It works on it, and says so.
      until = Date.now() + askSeconds() * 1000;
    }
    if (Date.now() > until) throw new UnknownOutcomeError(lost.message);
    await sleep(500);
  }
}
