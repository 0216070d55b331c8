import { BATCH_BYTES_MAX, receiveBatch } from '@/lib/initial-load/http-transfer';
import { checkSeal, verifyWriter } from '@/lib/initial-load/peer-auth';
import { forPeer, parse, readBody } from '@/lib/respond';

/** A batch of rows in one transaction. Any failure is no 2xx, and nothing of the batch stays. */
export const POST = forPeer(verifyWriter, async (request, { nodeId, sessionId, signature }) => {
  const body = await readBody(request, BATCH_BYTES_MAX);
  checkSeal(body, signature, request.headers.get('x-sync-seal'));
  return receiveBatch({ sessionId, direction: 'receive', method: 'http', peer: nodeId }, parse(body));
});
