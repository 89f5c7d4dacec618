import type { Context, Middleware } from 'koa';
import { BadRequest } from '../platform/errors.js';
import { served, tenantOf } from '../tenants/caller.js';

/** What is kept in a browser: who is signed in, and who is about to sign in at a provider. */
export type CookieName = 'session' | 'sign-in';

/** Why it is refused, for the log. */
export const OF_ANOTHER_ORIGIN = 'a page of another origin sent it';
/** @see https://www.rfc-editor.org/rfc/rfc6265#section-6.1 */
const LONGEST_COOKIE = 4096;

/** A session never comes from another site; coming back from a provider is a visit from one. */
const SAME_SITE = { session: 'strict', 'sign-in': 'lax' } as const;

/** What a cookie of ours holds; undefined when there is none, or one that no browser keeps. */
export function readCookie(ctx: Context, name: CookieName): string | undefined {
  ctx.vary('Cookie');
  const value = ctx.cookies.get(fullName(ctx, name));
  return value !== undefined && value.length <= LONGEST_COOKIE ? value : undefined;
}

/**
 * Sets a cookie that no script reads, for as long as the browser is open: when it has had its time the server
 * knows by its own clock. Over https no other host can set it or read it either, not even one of
 * the same domain.
 * @see https://www.rfc-editor.org/rfc/rfc6265
 */
export function setCookie(ctx: Context, name: CookieName, value: string): void {
  const isSecure = isOverTls(ctx);
  // The connection that a proxy brings may have no TLS; what counts is how browsers come.
  ctx.cookies.secure = isSecure;
  const attributes = { httpOnly: true, path: '/', sameSite: SAME_SITE[name], secure: isSecure, overwrite: true };
  ctx.cookies.set(fullName(ctx, name), value || null, attributes);
}

/** Removes a cookie. */
export function clearCookie(ctx: Context, name: CookieName): void {
  setCookie(ctx, name, '');
}

/**
 * Whether a page of another origin made the browser send a request. Hosts of one domain are the same
 * site to a browser, and may be different tenants; so the origin decides.
 */
export function isCrossSite(ctx: Context): boolean {
  ctx.vary(['Origin', 'Sec-Fetch-Site']);
  const site = ctx.get('Sec-Fetch-Site');
  const origin = ctx.get('Origin');
  return !['', 'none', 'same-origin'].includes(site) || (origin !== '' && origin !== served.of(ctx).origin);
}

/**
 * Lets nothing pass that a page of another origin made a browser send. It could not read the answer, and does not need to: what fails would
 * count against whoever sits at that browser. A gateway may hand on what a browser sent to it, with credentials of its own in the header that
 * no page can send without being asked for it first, unless the browser has them and sends them by itself.
 * @param takesCredentials whether the endpoint does
 */
export function keepPagesOut(endpoint: Middleware, { takesCredentials }: { takesCredentials: boolean }): Middleware {
  return (ctx, next) => {
    const { origin, 'sec-fetch-site': site, authorization } = ctx.req.headers;
    const isOfPage = origin !== undefined || site !== undefined;
    // Nobody may keep what is answered here, so that it need not name what it depends on: that takes time of every token.
    if (!isOfPage || (takesCredentials && authorization !== undefined) || !isCrossSite(ctx)) return endpoint(ctx, next);
    const message = 'A page of another origin sent this request. It is for applications that can keep a secret, which a page cannot.';
    throw new BadRequest(message, { status: 403, oauthError: 'access_denied', reason: OF_ANOTHER_ORIGIN });
  };
}

/** Whether the browser says that no page of another origin made it send a request. An old one does not say so: it is not believed. */
export function isOfOwnPage(ctx: Context): boolean {
  return ctx.get('Sec-Fetch-Site') !== '' && !isCrossSite(ctx);
}

/** Browsers keep the cookies of all ports of a host together: each has names of its own. */
function fullName(ctx: Context, name: CookieName): string {
  const { port } = new URL(tenantOf(ctx).issuer);
  return `${isOverTls(ctx) ? '__Host-' : ''}latchkey-${name}${port && `-${port}`}`;
}

function isOverTls(ctx: Context): boolean {
  return tenantOf(ctx).issuer.startsWith('https:');
}
