import { setTimeout as sleep } from 'node:timers/promises';
import { LoadError, log } from '@/lib/initial-load/errors';
import { settleOnce } from '@/lib/initial-load/peer-request';
import { ACTIVE, find, sweep, view } from '@/lib/initial-load/sessions';
import { forAdmin } from '@/lib/respond';

interface Context {
  params: Promise<{ id: string }>;
}

const LOOK_MS = 400;
/** How many looks pass before the row of a dead process is looked for. */
const SWEEP_EVERY = 10;

/**
 * Progress as Server-Sent Events. It is read from the row of the session, not from the process: the run may be in another bundle or
 * another process.
 */
export const GET = forAdmin(async (request, { params }: Context) => {
  const { id } = await params;
  if ((await find(id)) === null) throw new LoadError(404, 'there is no such session');
  const encoder = new TextEncoder();
  async function* events() {
    let last = '';
    for (let looks = 0; !request.signal.aborted; looks += 1) {
      if (looks % SWEEP_EVERY === 0) await sweep(settleOnce);
      const row = await find(id);
      if (row === null) return;
      const { heartbeatAt, ...state } = view(row);
      const text = JSON.stringify(state);
      if (text !== last) yield encoder.encode(`data: ${JSON.stringify({ ...state, heartbeatAt })}\n\n`);
      last = text;
      if (!ACTIVE.includes(row.status)) return;
      await sleep(LOOK_MS);
    }
  }
  const iterator = events();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await iterator.next();
        if (done) controller.close();
        else controller.enqueue(value);
      } catch (error) {
        log(id, 'the events have ended', error);
        controller.error(error);
      }
    },
    async cancel() {
      await iterator.return(undefined);
    },
  });
  const headers = { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache, no-transform', 'X-Accel-Buffering': 'no' };
  return new Response(body, { headers });
});
