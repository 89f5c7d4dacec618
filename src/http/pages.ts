import { join } from 'node:path';
import { send } from '@koa/send';
import type { Middleware } from 'koa';

const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Where people find the console, the same on every tenant's host. Which page it is the script in it reads from the address. */
export const CONSOLE_PATHS = ['/', '/client', '/activity', '/signing-keys', '/tenants'] as const;

/** Serves one of the built pages, under a policy that lets it load from this host alone. */
export function page(folder: string, file: string): Middleware {
  return async (ctx) => {
    await send(ctx, file, { root: folder });
    ctx.set('Content-Security-Policy', PAGE_POLICY);
    ctx.set('Cache-Control', 'no-cache');
  };
}

/** Serves what the pages load. The names carry a hash of the content, so that browsers may keep it. */
export function assets(folder: string): Middleware {
  return async (ctx) => {
    ctx.vary('Accept-Encoding');
    if (!(await send(ctx, ctx.params.file, { root: join(folder, 'assets') }))) return;
    ctx.set('Content-Security-Policy', PAGE_POLICY);
    ctx.set('Cache-Control', 'public, max-age=31536000, immutable');
  };
}
