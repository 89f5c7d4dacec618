import type { Context, Middleware } from 'koa';
import { waitAs } from '../platform/deadline.js';
import { BadRequest } from '../platform/errors.js';
import { GRAPHQL_PATH } from '../platform/http/graphql-answer.js';
import { logged } from '../platform/http/request-notes.js';
import { redact } from '../platform/redaction.js';
import { served } from './caller.js';
import { HostNotServed, isOfTenantGone } from './errors.js';
import type { TenantDirectory } from './tenant-directory.service.js';

const LONGEST_HOST = 255;
/** Those whose URLs name a host that this may be. */
const SCHEMES: ReadonlySet<string> = new Set(['http:', 'https:']);

/** Which paths can do with less than the tenant as it is at this moment. */
export interface Leniency {
  /** Their own query asks whether the tenant is still served. */
  askAgain: readonly string[];
  /** What they say stays true while the database is away. */
  surviveOutage: readonly string[];
}

/** What finding a tenant depends on. */
export interface TenantRules extends Leniency {
  /** How many proxies in front each write an entry of X-Forwarded-Host; 0 when that header is not believed. */
  forwarders: number;
}

/**
 * Finds the tenant that a request is for by its host. One that is unknown, malformed or given twice is
 * refused before anything else runs, and not repeated.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-7.4
 */
export function requireTenant(directory: TenantDirectory, { askAgain, surviveOutage, forwarders }: TenantRules): Middleware {
  return async (ctx, next) => {
    if (isAmbiguous(ctx)) throw new BadRequest('Name one host, in one Host header.');
    if (forwarders > 0) ctx.vary('X-Forwarded-Host');
    const host = forwardedHost(ctx.get('X-Forwarded-Host'), forwarders) ?? ctx.get('Host');
    const survives = surviveOutage.includes(ctx.path) || ctx.method === 'OPTIONS';
    const find = askAgain.includes(ctx.path) ? 'recall' : survives ? 'findOrRemember' : 'find';
    const tenant = await directory[find](host);
    if (!tenant) {
      // For the operator: a person or a proxy that names another host is the usual mistake.
      logged.add(ctx, { host: redact(host).slice(0, LONGEST_HOST), homeIssuer: directory.homeIssuer });
      throw new HostNotServed();
    }
    // As it is registered, never as it was sent.
    logged.add(ctx, { tenant: tenant.tenant.host });
    served.add(ctx, { tenant, origin: directory.originOf(host) });
    // Who asks for tokens does not wait behind those who manage.
    waitAs({ crowd: `${tenant.tenant.id} ${ctx.path === GRAPHQL_PATH ? 'management' : 'tokens'}` });
    try {
      await next();
    } catch (error) {
      if (!isOfTenantGone(error)) throw error;
      directory.forget(tenant);
      throw new HostNotServed();
    }
  };
}

/** The entry that the outermost of our proxies wrote: what stands before it anybody may have sent. */
function forwardedHost(header: string, forwarders: number): string | undefined {
  if (forwarders === 0 || header === '') return undefined;
  return header.split(',').slice(-forwarders)[0]?.trim();
}

/**
 * Refuses a target that is no URL, before anything reads its path: whoever did would fail.
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-3.2
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-4.2.4
 */
export const requireTarget: Middleware = (ctx, next) => {
  if (isTarget(ctx)) return next();
  ctx.req.url = '';
  throw new BadRequest('The target of the request is not a URL.');
};

function isTarget(ctx: Context): boolean {
  const { url = '/' } = ctx.req;
  if (url.startsWith('/') || url === '*') return true;
  try {
    // Koa reads URLs by other rules than `URL` does.
    const target = URL.parse(url);
    if (target === null || !SCHEMES.has(target.protocol)) return false;
    // A user in it may be there to deceive whoever reads it.
    return target.username === '' && target.password === '' && typeof ctx.path === 'string';
  } catch {
    return false;
  }
}

/** Whether a request names more than one host: in two headers, or another one in its URL. */
function isAmbiguous(ctx: Context): boolean {
  const { url = '/' } = ctx.req;
  const target = url.startsWith('/') ? null : URL.parse(url);
  return countHosts(ctx.req.rawHeaders) > 1 || (target !== null && target.host !== hostAt(target, ctx.get('Host')));
}

/** A host as a URL writes it: without the port that its scheme has by itself. */
function hostAt({ protocol }: URL, host: string): string | undefined {
  const url = URL.parse(`${protocol}//${host}`);
  return url?.href === `${protocol}//${url?.host}/` ? url.host : undefined;
}

/** @param rawHeaders names and values in turn */
function countHosts(rawHeaders: readonly string[]): number {
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    if (name.length === 'host'.length && name.toLowerCase() === 'host') hosts += 1;
  }
  return hosts;
}
