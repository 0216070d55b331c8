import { LoadError } from '@/lib/initial-load/errors';
import { settleOnce } from '@/lib/initial-load/peer-request';
import { verifyPeer, verifyWriter } from '@/lib/initial-load/peer-auth';
import { closeUnlessBegun, find, requestCancel, sweep, view } from '@/lib/initial-load/sessions';
import { forPeer } from '@/lib/respond';

interface Context {
  params: Promise<{ id: string }>;
}

async function rowOf(id: string, nodeId: string) {
  const row = await find(id);
  if (row === null || row.peer !== nodeId) throw new LoadError(404, 'there is no such session');
  return row;
}

/** How far a session of this peer is. */
export const GET = forPeer(verifyPeer, async (_request, { nodeId }, { params }: Context) => {
  const { id } = await params;
  await rowOf(id, nodeId);
  await sweep(settleOnce);
  return view(await rowOf(id, nodeId));
});

/** The same for good: a session that has not begun never does, whatever of it still lies in a proxy. */
export const PUT = forPeer(verifyWriter, async (_request, { nodeId }, { params }: Context) => {
  const { id } = await params;
  await closeUnlessBegun(id, nodeId);
  await sweep(settleOnce);
  return view(await rowOf(id, nodeId));
});

/** The peer has cancelled it. */
export const DELETE = forPeer(verifyPeer, async (_request, { nodeId }, { params }: Context) => {
  const { id } = await params;
  await rowOf(id, nodeId);
  await requestCancel(id);
  // Between two requests nobody holds its lock, and nobody would see it.
  await sweep(settleOnce, { withWaiting: true });
  return {};
});
