// Who may use the page: one of three places to change in an app of your own, which has logins already. Here it is one password, and a
// cookie that is signed.

import { createHmac, timingSafeEqual } from 'node:crypto';
import type { NextRequest } from 'next/server';
import { LoadError } from './initial-load/errors';

export const COOKIE = 'admin';
const HOURS = 12;

function secret(): string {
  const password = process.env.ADMIN_PASSWORD;
  if (!password) throw new Error('the variable ADMIN_PASSWORD is not set');
  return password;
}

const mac = (text: string) => createHmac('sha256', secret()).update(text).digest();
const isEqual = (one: Buffer, other: Buffer) => one.length === other.length && timingSafeEqual(one, other);

export const isPassword = (text: string) => isEqual(mac(`password ${text}`), mac(`password ${secret()}`));

export function makeCookie(): string {
  const until = String(Date.now() + HOURS * 3_600_000);
  return `${COOKIE}=${until}.${mac(`admin ${until}`).toString('hex')}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${HOURS * 3600}`;
}

/**
 * A page of another site can make a browser send a request, cookie and all. It cannot say that it comes from here: browsers write
 * Origin themselves.
 */
export function requireSameSite(request: NextRequest): void {
  if (['GET', 'HEAD'].includes(request.method)) return;
  const [origin, site] = [request.headers.get('origin'), request.headers.get('sec-fetch-site')];
  if (site !== null && site !== 'same-origin') throw new LoadError(403, 'the request comes from another site');
  if (origin !== null && new URL(origin).host !== request.headers.get('host')) throw new LoadError(403, 'the request comes from another site');
}

/** Fails where the request is not that of an administrator. */
export function requireAdmin(request: NextRequest): void {
  const [until = '', signature = ''] = (request.cookies.get(COOKIE)?.value ?? '').split('.');
  if (!isEqual(Buffer.from(signature, 'hex'), mac(`admin ${until}`)) || !(Number(until) > Date.now())) throw new LoadError(401, 'log in first');
  requireSameSite(request);
}
