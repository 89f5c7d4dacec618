import { join } from 'node:path';
import type { Middleware } from 'koa';
import { StaticFiles } from './static-files.js';

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
export const CONSOLE_PATHS = [
  '/',
  '/client',
  '/activity',
  '/signing-keys',
  '/trusted-issuers',
  '/certificate-authorities',
  '/tenants',
] as const;

/** Serves one of the built pages, under a policy that lets it load from this host alone. */
export function page(folder: string, file: string): Middleware {
  const files = new StaticFiles(folder);
  return async (ctx) => {
    if (!(await files.answer(ctx, file))) return;
    ctx.set('Content-Security-Policy', PAGE_POLICY);
    ctx.set('Cache-Control', 'no-cache');
  };
}

/** Serves what the pages load. The names carry a hash of the content, so that browsers may keep it. */
export function assets(folder: string): Middleware {
  const files = new StaticFiles(join(folder, 'assets'));
  return async (ctx) => {
    if (!(await files.answer(ctx, ctx.params.file))) return;
    ctx.set('Content-Security-Policy', PAGE_POLICY);
    ctx.set('Cache-Control', 'public, max-age=31536000, immutable');
  };
}
