import { LoadError } from '@/lib/initial-load/errors';
import { unseal, verifyWriter } from '@/lib/initial-load/peer-auth';
import { notIdle, restoreInto } from '@/lib/initial-load/restore-backup';
import { Run } from '@/lib/initial-load/run';
import { forPeer } from '@/lib/respond';

export const maxDuration = 86_400;

/** A backup that is restored while it arrives, without a file. 200 only after COMMIT. */
export const POST = forPeer(verifyWriter, async (request, { nodeId, sessionId, signature }) => {
  if (request.body === null) throw new LoadError(422, 'the request has no body');
  const query = request.nextUrl.searchParams;
  const run = await Run.begin({ sessionId, direction: 'receive', method: 'backup', peer: nodeId });
  run.show({ totalRows: Number(query.get('rows') ?? 0) });
  const body = unseal(notIdle(request.body as unknown as AsyncIterable<Uint8Array>), signature);
  return { report: await restoreInto(run, body, query.get('demo') === '1') };
});
