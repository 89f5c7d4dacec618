import type { Context, Middleware } from 'koa';
import mount from 'koa-mount';
import type Provider from 'oidc-provider';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { isSomebody } from '../clients/client-lookup.service.js';
import { DatabaseUnavailable } from '../platform/errors.js';
import type { Log } from '../platform/log.js';
import type { Metrics } from '../platform/metrics.js';
import type { LatchkeyClient } from './provider.js';

interface OAuthError extends Error {
  error?: string;
  cause?: unknown;
}

const LARGEST_BODY_BYTES = 56 * 1024;
/** Parameters that must never stand in a URL. @see https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1 */
const CREDENTIALS = ['client_id', 'client_secret', 'client_assertion'];

/**
 * The token endpoint: oidc-provider decides, and the few answers that it gives in another form than
 * RFC 6749 asks for are put right on the way out.
 */
export function tokenEndpoint(provider: Provider, { log, metrics }: { log: Log; metrics: Metrics }): Middleware {
  const run = mount(provider);
  const remember = (ctx: KoaContextWithOIDC, error: Error) => {
    ctx.state.oauthError = error;
  };
  provider.on('grant.error', remember);
  provider.on('server_error', remember);
  return async (ctx, next) => {
    ctx.set('Cache-Control', 'no-store');
    ctx.set('Pragma', 'no-cache');
    // Pages of this origin alone may read the answer. Being set, it keeps oidc-provider from deciding client by client.
    ctx.set('Access-Control-Allow-Origin', provider.issuer);
    if (!refuseEarly(ctx)) await run(ctx, next);
    correct(ctx, log);
    count(ctx, metrics);
  };
}

/** The log names the client when there is one; what was sent in place of a client id may be anything, a secret too. */
function count(ctx: Context, metrics: Metrics): void {
  const client = (ctx as Partial<KoaContextWithOIDC>).oidc?.client as LatchkeyClient | undefined;
  const error = ctx.status === 200 ? undefined : (ctx.body as { error: string }).error;
  ctx.state.details = { clientId: client && isSomebody(client.registration) ? client.registration.clientId : undefined, error };
  if (error === undefined) metrics.tokensIssued.inc();
  else metrics.tokensRefused.inc({ reason: error });
}

function refuseEarly(ctx: Context): boolean {
  if (CREDENTIALS.some((name) => name in ctx.query)) {
    refuse(ctx, 400, 'invalid_request', 'Send credentials in the Authorization header or in the body, never in the URL.');
  } else if ((ctx.request.length ?? 0) > LARGEST_BODY_BYTES) {
    refuse(ctx, 413, 'invalid_request', 'The body is too large.');
  } else if (ctx.request.charset && !/^utf-?8$/i.test(ctx.request.charset)) {
    refuse(ctx, 415, 'invalid_request', 'Send the body in UTF-8.');
  } else {
    return false;
  }
  return true;
}

/** Looks at what oidc-provider decided and at why. */
function correct(ctx: Context, log: Log): void {
  const error = ctx.state.oauthError as OAuthError | undefined;
  if (!error) return;
  const body: Record<string, unknown> = (ctx as unknown as KoaContextWithOIDC).oidc.body ?? {};
  if (ctx.status >= 500) answerFailure(ctx, error, log);
  else if ((error.cause as Error | undefined)?.message === 'request entity too large') {
    refuse(ctx, 413, 'invalid_request', 'The body is too large.');
  } else if (Object.values(body).some((value) => String(value).includes('\uFFFD'))) {
    refuse(ctx, 400, 'invalid_request', 'The body is not valid UTF-8.');
  } else if (error.error === 'invalid_client' || isAnonymous(ctx, body)) {
    ctx.status = 401;
    ctx.body = { error: 'invalid_client' };
  }
}

/** A database that is away is worth another try; anything else is a fault of ours that only the log may see. */
function answerFailure(ctx: Context, error: OAuthError, log: Log): void {
  if (error instanceof DatabaseUnavailable) {
    refuse(ctx, 503, 'temporarily_unavailable', error.message);
    ctx.set('Retry-After', '5');
  } else {
    log.error({ requestId: ctx.state.requestId, err: error }, 'token endpoint failed');
    refuse(ctx, 500, 'server_error', 'The server failed to answer. The fault is logged.');
  }
}

/** @see https://www.rfc-editor.org/rfc/rfc6749#section-5.2 */
function isAnonymous(ctx: Context, body: Record<string, unknown>): boolean {
  const isForm = ctx.get('content-type') === '' || ctx.is('urlencoded') === 'urlencoded';
  return isForm && ctx.headers.authorization === undefined && !body.client_id && ctx.status === 400;
}

function refuse(ctx: Context, status: number, error: string, description: string): void {
  ctx.status = status;
  ctx.body = { error, error_description: description };
}
