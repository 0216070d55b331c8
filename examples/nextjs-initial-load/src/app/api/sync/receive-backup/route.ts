import { LoadError } from '@/lib/initial-load/errors';
import { checkSeal, unseal, verifyWriter } from '@/lib/initial-load/peer-auth';
import { notIdle } from '@/lib/initial-load/restore-backup';
import { Run } from '@/lib/initial-load/run';
import { receive } from '@/lib/initial-load/spool';
import { forPeer, parse, readBody } from '@/lib/respond';

export const maxDuration = 86_400;
const BASE64_BYTES_MAX = 64 << 20;

/** A backup into a file, for /api/sync/restore-backup: as it is, or in JSON as base64 (`{"backup": "…"}`). */
export const POST = forPeer(verifyWriter, async (request, { nodeId, sessionId, signature }) => {
  let bytes: AsyncIterable<Uint8Array>;
  if (request.headers.get('content-type')?.startsWith('application/json')) {
    const body = await readBody(request, BASE64_BYTES_MAX);
    checkSeal(body, signature, request.headers.get('x-sync-seal'));
    bytes = decoded(parse(body).backup);
  } else {
    if (request.body === null) throw new LoadError(422, 'the request has no body');
    bytes = unseal(notIdle(request.body as unknown as AsyncIterable<Uint8Array>), signature);
  }
  const run = await Run.begin({ sessionId, direction: 'receive', method: 'backup', peer: nodeId });
  run.show({ status: 'TRANSFERRING', phase: 'transfer', currentStep: 'receiving the file', totalRows: Number(request.nextUrl.searchParams.get('rows') ?? 0) });
  try {
    await receive(sessionId, counted(run, bytes), run.signal);
  } catch (error) {
    throw await run.fail(error);
  }
  await run.received();
  return { received: run.shown.bytes };
});

async function* decoded(backup: unknown): AsyncGenerator<Uint8Array> {
  if (typeof backup !== 'string') throw new LoadError(422, '`backup` is the dump as base64');
  const bytes = Buffer.from(backup, 'base64');
  // Node leaves out in silence what is no base64.
  if (bytes.toString('base64') !== backup) throw new LoadError(422, '`backup` is no base64');
  yield bytes;
}

async function* counted(run: Run, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let received = 0;
  for await (const chunk of bytes) {
    run.show({ bytes: (received += chunk.length) });
    yield chunk;
  }
}
