import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Context, Middleware } from 'koa';
import { DatabaseUnavailable, type ErrorCode, TooOften } from '../errors.js';
import type { Log } from '../log.js';
import type { Metrics } from '../metrics.js';
import { withPatience } from '../patience.js';
import { HostNotServed, TenantDisabled, TenantLimit } from '../tenant-errors.js';
import { GRAPHQL_PATH, refuseGraphql } from './graphql-answer.js';
import { addressOf } from './ip.js';
import { prefersPage, showRefusal } from './plain-page.js';

/** No path that there is comes near it. A longer one is not looked through for secrets, and what is cut off might end in a part of one. */
const LONGEST_PATH = 1000;
const TOO_LONG = `[longer than ${LONGEST_PATH} characters]`;

const INTERNAL = 'The server failed to answer. The fault is logged.';
const NOT_FOUND = { error: 'not_found', error_description: 'There is nothing at this address.' };

/** The request by which something was done. */
export interface RequestMark {
  id: string | null;
  /** Where it came from; null when nobody sent it. */
  address: string | null;
}

/** What a request asks for. */
export interface RequestTarget {
  method: string;
  /** Without query and fragment. */
  url: string;
}

/** As much as is logged of the tenant that a request was for. */
interface Served {
  tenant: { host: string };
}

/**
 * What surrounds every request: an id that names it in the log and in the answer, one line in the
 * log (with the `details` that the route left in the state), one observation, and an answer when
 * something failed. The log has the path, never the query: somebody may have put a secret there.
 */
export function requestLifecycle({ log, metrics }: { log: Log; metrics: Metrics }): Middleware {
  return async (ctx, next) => {
    const start = performance.now();
    // Now: of a connection that was broken off the system tells no address.
    const { ip } = ctx;
    ctx.state.requestId = idOf(ctx);
    ctx.set('X-Request-Id', ctx.state.requestId);
    try {
      await withPatience(next);
      explainStatus(ctx);
    } catch (error) {
      answerError(ctx, error, { log, metrics });
    }
    // Refusals: some may be kept by whoever stands between, under an address that may hold what it should not, or longer than they are true.
    if (ctx.status >= 400) ctx.set('Cache-Control', 'no-store');
    const milliseconds = performance.now() - start;
    const route = ctx.routerPath ?? 'unmatched';
    metrics.requestSeconds.observe({ method: ctx.method, route, status: ctx.status }, milliseconds / 1000);
    const ms = Math.round(milliseconds * 10) / 10;
    const line = {
      requestId: ctx.state.requestId,
      // As it is registered, never as it was sent.
      tenant: (ctx.state.tenant as Served | undefined)?.tenant.host,
      method: ctx.method,
      path: loggedPath(ctx),
      status: ctx.status,
      ms,
      ip: addressOf(ip).plain,
      ...ctx.state.details,
    };
    // Probes come every few seconds and would bury the rest.
    log[route.startsWith('/health/') ? 'debug' : 'info'](line, 'request');
  };
}

/** Undefined where what was asked for is no URL. */
function loggedPath(ctx: Context): string | undefined {
  const path: string | undefined = ctx.path;
  return path && path.length > LONGEST_PATH ? TOO_LONG : path;
}

/**
 * The id that a proxy of ours gave a request, or one of ours. Without a proxy anybody could call their request by the
 * name of another's. It is as long as the record has room for.
 */
function idOf(ctx: Context): string {
  const given = ctx.app.proxy ? ctx.get('X-Request-Id') : '';
  return /^[A-Za-z0-9._~:+/=-]{8,36}$/.test(given) ? given : randomUUID();
}

/** What the record says of a request. */
export function markOf(ctx: Context): RequestMark {
  return { id: ctx.state.requestId, address: addressOf(ctx.ip).plain };
}

function explainStatus(ctx: Context): void {
  if (ctx.body != null && ctx.type !== 'text/plain') return;
  if (ctx.status === 404) refuse(ctx, 404, NOT_FOUND);
  if (ctx.status === 405)
    refuse(ctx, 405, { error: 'invalid_request', error_description: 'Use another method; the header Allow names it.' });
}

function answerError(ctx: Context, error: unknown, { log, metrics }: { log: Log; metrics: Metrics }): void {
  const { status = 500 } = error as { status?: number };
  if (error instanceof DatabaseUnavailable) {
    ctx.set('Retry-After', String(error.retryAfterSeconds));
    refuse(ctx, 503, { error: 'temporarily_unavailable', error_description: error.message, code: error.code });
  } else if (error instanceof HostNotServed || error instanceof TenantDisabled) {
    const { message, code } = new HostNotServed();
    refuse(ctx, 421, { error: 'invalid_request', error_description: message, code });
  } else if (error instanceof TooOften || error instanceof TenantLimit) {
    if (error instanceof TenantLimit) metrics.tenantLimits.inc({ limit: error.kind });
    refuse(ctx, 429, { error: 'too_many_requests', error_description: error.message, code: error.code });
    if (error.retryAfterSeconds !== undefined) ctx.set('Retry-After', String(error.retryAfterSeconds));
  } else if (status === 404) {
    refuse(ctx, 404, NOT_FOUND);
  } else if (status < 500) {
    refuse(ctx, status, { error: 'invalid_request', error_description: STATUS_CODES[status] ?? 'The request cannot be answered.' });
  } else {
    log.error({ requestId: ctx.state.requestId, err: error }, 'request failed');
    refuse(ctx, 500, { error: 'server_error', error_description: INTERNAL, code: 'INTERNAL_SERVER_ERROR' });
  }
}

/** What is said of a refusal: in OAuth's words, and by the code that GraphQL has for it. */
export interface Refusal {
  error: string;
  error_description: string;
  code?: ErrorCode;
}

/** Answers with an error in the form that OAuth uses, at `/graphql` in that of GraphQL, and for people in words. */
export function refuse(ctx: Context, status: number, { code = 'BAD_REQUEST', ...body }: Refusal): void {
  if (ctx.path === GRAPHQL_PATH) {
    refuseGraphql(ctx, status, { code, message: body.error_description });
  } else if (prefersPage(ctx)) {
    showRefusal(ctx, status, body.error_description);
  } else {
    ctx.status = status;
    ctx.body = body;
  }
}
