import { settleOnce } from '@/lib/initial-load/peer-request';
import { history, sweep, view } from '@/lib/initial-load/sessions';
import { start, startRequest } from '@/lib/initial-load/start';
import { forAdmin, parse, readBody } from '@/lib/respond';

/** The runs of this server, the newest first. */
export const GET = forAdmin(async () => {
  await sweep(settleOnce);
  return Response.json({ sessions: (await history()).map(view) });
});

/** Starts one. The peer is named by its id, never by an address. */
export const POST = forAdmin(async (request) => {
  const sessionId = await start(startRequest(parse(await readBody(request, 16_384))));
  return Response.json({ sessionId }, { status: 202 });
});
