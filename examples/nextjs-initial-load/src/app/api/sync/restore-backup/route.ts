import { LoadError, log } from '@/lib/initial-load/errors';
import { verifyWriter } from '@/lib/initial-load/peer-auth';
import { restoreInto } from '@/lib/initial-load/restore-backup';
import { Run } from '@/lib/initial-load/run';
import { backupFile, keep, remove } from '@/lib/initial-load/spool';
import { forPeer } from '@/lib/respond';

export const maxDuration = 86_400;

/** Restores the backup that the session has received. 200 only after COMMIT. */
export const POST = forPeer(verifyWriter, async (request, { nodeId, sessionId }) => {
  const query = request.nextUrl.searchParams;
  const run = await Run.resume({ sessionId, direction: 'receive', method: 'backup', peer: nodeId });
  run.show({ status: 'TRANSFERRING', phase: 'restore', totalRows: Number(query.get('rows') ?? 0) });
  try {
    return { report: await restoreInto(run, backupFile(sessionId), query.get('demo') === '1') };
  } catch (error) {
    const kept = query.get('keep') === '1' ? await keep(sessionId) : undefined;
    if (kept === undefined) throw error;
    log(sessionId, `the backup is kept as ${kept}`);
    const { status, message } = error as LoadError;
    throw new LoadError(status, `${message}; the backup is kept as ${kept}`, { cause: error });
  } finally {
    await remove(sessionId);
  }
});
