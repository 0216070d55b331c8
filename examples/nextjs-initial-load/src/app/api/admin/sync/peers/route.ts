import { prisma } from '@/lib/db';
import { send } from '@/lib/initial-load/peer-request';
import { forAdmin } from '@/lib/respond';

/** How long a peer has to say that it is there. */
const PATIENCE_MS = 4000;

/** The peers, and whether each is there, has what it needs and lets itself be written to. */
export const GET = forAdmin(async () => {
  const peers = await prisma.syncNode.findMany({ where: { isActive: true }, orderBy: { nodeId: 'asc' } });
  const states = peers.map(async ({ nodeId, name, url }) => {
    try {
      const peer = { nodeId, name, url };
      const { status, body } = await send(peer, 'GET', '/api/health', '', undefined, { patience: PATIENCE_MS });
      const { psql, pgDump, server, mayWriteHere } = body;
      return { nodeId, name, isOnline: status === 200, psql, pgDump, server, mayWriteHere };
    } catch (error) {
      return { nodeId, name, isOnline: false, error: (error as Error).message };
    }
  });
  return Response.json({ nodeId: process.env.NODE_ID, peers: await Promise.all(states) });
});
