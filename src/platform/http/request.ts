import { randomUUID } from 'node:crypto';
import type { Context, Middleware } from 'koa';
import { withDeadline } from '../deadline.js';
import { type AppError, BadRequest } from '../errors.js';
import type { Log } from '../log.js';
import type { Metrics } from '../metrics.js';
import { answerError, NothingThere, toTold } from './answer.js';
import { addressOf } from './ip.js';
import { logged, nameRequest, requestIdOf } from './request-notes.js';

/** No path that there is comes near it. A longer one is not looked through for secrets, and what is cut off might end in a part of one. */
const LONGEST_PATH = 1000;
const TOO_LONG = `[longer than ${LONGEST_PATH} characters]`;

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

/**
 * What surrounds every request: an id that names it in the log and in the answer, one line in the
 * log (with what the route has `logged`), one observation, and an answer when
 * something failed. The log has the path, never the query: somebody may have put a secret there.
 */
export function requestLifecycle({ log, metrics }: { log: Log; metrics: Metrics }): Middleware {
  return async (ctx, next) => {
    const start = performance.now();
    // Now: of a connection that was broken off the system tells no address.
    const { ip } = ctx;
    const requestId = idOf(ctx);
    nameRequest(ctx, requestId);
    ctx.set('X-Request-Id', requestId);
    try {
      await withDeadline(next);
      explainStatus(ctx);
    } catch (error) {
      const told = toTold(error);
      note(ctx, told, { log, metrics });
      answerError(ctx, told);
    }
    // Refusals: some may be kept by whoever stands between, under an address that may hold what it should not, or longer than they are true.
    if (ctx.status >= 400) ctx.set('Cache-Control', 'no-store');
    const milliseconds = performance.now() - start;
    const route = ctx.routerPath ?? 'unmatched';
    metrics.requestSeconds.observe({ method: ctx.method, route, status: ctx.status }, milliseconds / 1000);
    const ms = Math.round(milliseconds * 10) / 10;
    const line = {
      requestId,
      method: ctx.method,
      path: loggedPath(ctx),
      status: ctx.status,
      ms,
      ip: addressOf(ip).plain,
      ...logged.of(ctx),
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
  return { id: requestIdOf(ctx), address: addressOf(ctx.ip).plain };
}

function explainStatus(ctx: Context): void {
  if (ctx.body != null && ctx.type !== 'text/plain') return;
  if (ctx.status === 404) answerError(ctx, new NothingThere());
  if (ctx.status === 405) answerError(ctx, new BadRequest('Use another method; the header Allow names it.', { status: 405 }));
}

/** Whoever watches the server sees what nobody foresaw, and who has used up a limit. */
function note(ctx: Context, { code, cause, details: { limit } }: AppError, { log, metrics }: { log: Log; metrics: Metrics }): void {
  if (code === 'INTERNAL_SERVER_ERROR') log.error({ requestId: requestIdOf(ctx), err: cause }, 'request failed');
  if (code !== 'TENANT_LIMIT') return;
  metrics.tenantLimits.inc({ limit: String(limit) });
  logged.add(ctx, { limit });
}
