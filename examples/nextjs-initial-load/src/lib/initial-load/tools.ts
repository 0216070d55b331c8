// psql and pg_dump: where they are, and which.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { binDir } from './config';
import { LoadError } from './errors';

const HOW_TO_INSTALL =
  'install the client programs of PostgreSQL (Debian: apt-get install postgresql-client; macOS: brew install libpq; Windows: the ' +
  'installer of PostgreSQL, "Command Line Tools"), or name their folder in PG_BIN';

const windows = process.platform === 'win32' ? '.exe' : '';

export function pathOf(program: 'psql' | 'pg_dump'): string {
  const folder = binDir();
  return folder === undefined ? program : join(folder, program + windows);
}

/** The version of a program; undefined where there is none. */
export async function versionOf(program: 'psql' | 'pg_dump'): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(pathOf(program), ['--version']);
    return /(\d+(\.\d+)*)/.exec(stdout)?.[1];
  } catch {
    // Whatever keeps it from saying its version keeps it from its work.
    return undefined;
  }
}

/** Which are missing is said before anything starts. */
export function missing(where: string, programs: string[]): LoadError {
  return new LoadError(503, `${programs.join(' and ')} ${programs.length === 1 ? 'is' : 'are'} missing on ${where}: ${HOW_TO_INSTALL}`);
}
