// What is looked at before the server takes requests. What cannot work is refused here, not in the night of the first load.

import { nodeId, syncKey } from './config';
import { log } from './errors';
import { checkDirect } from './locks';
import { settleOnce } from './peer-request';
import { sweep } from './sessions';
import { removeOrphans } from './spool';

/** Ends the process where it cannot work. Next itself would log the error and take requests nevertheless. */
export async function prepare(): Promise<void> {
  try {
    await check();
  } catch (error) {
    console.error(`The server does not start: ${(error as Error).message}`);
    process.exit(1);
  }
}

async function check(): Promise<void> {
  nodeId();
  syncKey();
  if (!process.env.ADMIN_PASSWORD) throw new Error('the variable ADMIN_PASSWORD is not set');
  await checkDirect();
  await sweep(settleOnce, { withWaiting: true });
  await removeOrphans();
  log(undefined, 'ready');
}
