// What the scripts for administrators have in common: --dry-run, --force, and a connection to this server's database.

import pg from 'pg';

export const isDryRun = process.argv.includes('--dry-run');
export const isForced = process.argv.includes('--force');
const unknown = process.argv.slice(2).filter((arg) => !['--dry-run', '--force'].includes(arg));
const url = process.env.DIRECT_URL ?? process.env.DATABASE_URL;
if (unknown.length > 0 || !url) {
  console.error(unknown.length > 0 ? `no such option: ${unknown.join(' ')}` : 'DIRECT_URL is not set');
  process.exit(2);
}

export const client = new pg.Client({ connectionString: url });
await client.connect();
