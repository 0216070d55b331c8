import type { NextRequest } from 'next/server';
import { createRequire } from 'node:module';
import { requireAdmin } from '@/lib/admin';
import { prisma } from '@/lib/db';
import { LoadError } from '@/lib/initial-load/errors';
import { verifyPeer } from '@/lib/initial-load/peer-auth';
import { versionOf } from '@/lib/initial-load/tools';
import { forAdmin, forPeer } from '@/lib/respond';

async function health() {
  const [psql, pgDump] = await Promise.all([versionOf('psql'), versionOf('pg_dump')]);
  const rows = await prisma.$queryRawUnsafe<{ server_version: string }[]>('SHOW server_version');
  const { version } = createRequire(import.meta.url)('dumpsert/package.json') as { version: string };
  return { nodeId: process.env.NODE_ID, psql: psql ?? null, pgDump: pgDump ?? null, server: rows[0]?.server_version, dumpsert: version };
}

const ofPeer = forPeer(verifyPeer, async (_request, { mayWriteHere }) => ({ ...(await health()), mayWriteHere }));
const ofAdmin = forAdmin(async () => Response.json(await health()));

/** Versions of the programs, for an administrator or a peer. */
export async function GET(request: NextRequest): Promise<Response> {
  if (request.headers.has('x-sync-signature')) return ofPeer(request, undefined);
  try {
    requireAdmin(request);
  } catch (error) {
    if (error instanceof LoadError) return Response.json({ error: error.message }, { status: error.status });
    throw error;
  }
  return ofAdmin(request, undefined);
}
