import { LoadError } from '@/lib/initial-load/errors';
import { settleOnce } from '@/lib/initial-load/peer-request';
import { find, requestCancel, sweep, view } from '@/lib/initial-load/sessions';
import { forAdmin } from '@/lib/respond';

interface Context {
  params: Promise<{ id: string }>;
}

export const GET = forAdmin(async (_request, { params }: Context) => {
  await sweep(settleOnce);
  const row = await find((await params).id);
  if (row === null) throw new LoadError(404, 'there is no such session');
  return Response.json(view(row));
});

/** Cancels it: pg_dump, the request and psql end, and nothing is changed. */
export const DELETE = forAdmin(async (_request, { params }: Context) => {
  const { id } = await params;
  if (!(await requestCancel(id))) throw new LoadError(409, 'it does not run any more');
  // A dead one has nobody who would see it.
  await sweep(settleOnce, { withWaiting: true });
  return Response.json({}, { status: 202 });
});
