import type { Middleware } from 'koa';
import { refuse } from './request.js';

/** A name or an address, and a port: nothing that a URL would take for a user or a path. */
const HOST_FORM = /^[A-Za-z0-9.-]+(:\d{1,5})?$|^\[[0-9A-Fa-f:.]+\](:\d{1,5})?$/;
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Lets only requests for the issuer's own host pass; a loopback issuer answers on every loopback
 * name. The host of a refused request is not repeated.
 */
export function requireHost(issuer: string): Middleware {
  const { protocol, hostname, port } = new URL(issuer);
  const names = LOOPBACK.includes(hostname) ? LOOPBACK : [hostname];
  const hosts = new Set(names.map((name) => new URL(`${protocol}//${name}${port && `:${port}`}`).host));
  return async (ctx, next) => {
    if (ctx.req.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length > 1) {
      return refuse(ctx, 400, { error: 'invalid_request', error_description: 'Send one Host header.' });
    }
    const isWellFormed = [ctx.get('Host'), ctx.host].every((host) => HOST_FORM.test(host));
    if (!isWellFormed || !hosts.has(URL.parse(`${protocol}//${ctx.host}`)?.host ?? '')) {
      return refuse(ctx, 421, { error: 'invalid_request', error_description: 'This host is not served here.' });
    }
    await next();
  };
}
