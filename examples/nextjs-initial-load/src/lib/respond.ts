// Answers of routes.

import type { NextRequest } from 'next/server';
import { CancelledError, LoadError, fromDriver, log } from './initial-load/errors';
import { type Sender, signedJson } from './initial-load/peer-auth';
import { requireAdmin } from './admin';

function answerOf(error: unknown): { status: number; body: object } {
  const { status, message, facts, cause } = fromDriver(error);
  if (status >= 500) log(undefined, message, cause ?? error);
  return { status, body: { error: message, ...facts, ...(error instanceof CancelledError ? { isCancelled: true } : {}) } };
}

/** A route for the administrator. */
export function forAdmin<C>(handle: (request: NextRequest, context: C) => Promise<Response>) {
  return async (request: NextRequest, context: C): Promise<Response> => {
    try {
      requireAdmin(request);
      return await handle(request, context);
    } catch (error) {
      const { status, body } = answerOf(error);
      return Response.json(body, { status });
    }
  };
}

/** A route for a peer, whose answer is signed once the peer is known. */
export function forPeer<C>(verify: (request: NextRequest) => Promise<Sender>, handle: (request: NextRequest, sender: Sender, context: C) => Promise<object>) {
  return async (request: NextRequest, context: C): Promise<Response> => {
    let sender: Sender | undefined;
    try {
      sender = await verify(request);
      return signedJson(sender, 200, await handle(request, sender, context));
    } catch (error) {
      const { status, body } = answerOf(error);
      return sender === undefined ? Response.json(body, { status }) : signedJson(sender, status, body);
    }
  };
}

/** The JSON of a request, of a size that can be held. */
export async function readBody(request: NextRequest, bytesMax: number): Promise<Uint8Array> {
  if (Number(request.headers.get('content-length') ?? 0) > bytesMax) throw new LoadError(413, `the body has more than ${bytesMax} bytes`);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (request.body ?? []) as unknown as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > bytesMax) throw new LoadError(413, `the body has more than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export function parse(body: Uint8Array): Record<string, unknown> {
  try {
    return JSON.parse(Buffer.from(body).toString()) as Record<string, unknown>;
  } catch (cause) {
    throw new LoadError(422, 'the body is no JSON', { cause });
  }
}
