import type { NextRequest } from 'next/server';
import { isPassword, makeCookie, requireSameSite } from '@/lib/admin';
import { LoadError } from '@/lib/initial-load/errors';
import { parse, readBody } from '@/lib/respond';

export async function POST(request: NextRequest): Promise<Response> {
  try {
    requireSameSite(request);
    const { password } = parse(await readBody(request, 4096));
    if (typeof password !== 'string' || !isPassword(password)) return Response.json({ error: 'the password is wrong' }, { status: 401 });
    return Response.json({}, { headers: { 'Set-Cookie': makeCookie() } });
  } catch (error) {
    if (error instanceof LoadError) return Response.json({ error: error.message }, { status: error.status });
    throw error;
  }
}
