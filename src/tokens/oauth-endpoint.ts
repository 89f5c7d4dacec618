import type { Context, Middleware } from 'koa';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { LatchkeyClient } from '../authentication/client-authentication.js';
import type { Attempt } from '../authentication/failure-counts.js';
import { LARGEST_BODY_BYTES, refuseOtherThanForm } from '../authentication/form-body.js';
import { refuse } from '../authentication/oauth-refusal.js';
import { noteProof } from '../authentication/secret-proof.js';
import type { Throttle } from '../authentication/throttle.js';
import { prepareForm } from '../authentication/token-parameters.js';
import { isSomebody } from '../clients/registered-client.js';
import type { ClientUseService } from '../clients/use/client-use.service.js';
import type { Cipher } from '../platform/cipher.js';
import { DatabaseUnavailable, TooOften } from '../platform/errors.js';
import { addressOf } from '../platform/http/ip.js';
import type { Log } from '../platform/log.js';
import { HostNotServed, TenantDisabled } from '../platform/tenant-errors.js';
import { tenantOf } from '../tenants/caller.js';
import type { Issuer, Issuers } from './issuers.js';

/** What the endpoints are built from. */
export interface OAuthParts {
  issuers: Issuers;
  throttle: Throttle;
  cipher: Cipher;
  use: ClientUseService;
  log: Log;
}

/** How a request ended, beside its answer. */
export interface Outcome {
  /** Of the tenant that the request is for. */
  issuer: Issuer;
  /** The client that proved who it is. */
  client: LatchkeyClient | undefined;
  /** The client that the request named, proven or not; nobody's stand-in when there is none. Absent when it named none. */
  named: LatchkeyClient | undefined;
  /** The OAuth error that oidc-provider ended with. */
  error: string | undefined;
}

interface OAuthError extends Error {
  error?: string;
  error_detail?: string;
  cause?: unknown;
}

/** Parameters that must never stand in a URL. @see https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1 */
const CREDENTIALS = ['client_id', 'client_secret', 'client_assertion', 'token'];

/** oidc-provider looks at these though the way to prove oneself that they belong to is not offered. */
const UNKNOWN_HEADERS = ['oauth-client-attestation', 'oauth-client-attestation-pop'];

/**
 * What the token, introspection and revocation endpoint have in common: oidc-provider checks the client and
 * decides, failures are counted, and the few answers that it gives in another form than the RFCs ask for are
 * put right on the way out.
 */
export class OAuthEndpoints {
  constructor(private readonly parts: OAuthParts) {}

  /** An endpoint. @param finish completes the answer once the client is known */
  endpoint(finish: (ctx: Context, outcome: Outcome) => Promise<void> | void): Middleware {
    return async (ctx, next) => {
      for (const header of UNKNOWN_HEADERS) if (header in ctx.req.headers) delete ctx.req.headers[header];
      oneBlankInAuthorization(ctx);
      prepareForm(ctx.req);
      ctx.set('Cache-Control', 'no-store');
      ctx.set('Pragma', 'no-cache');
      // Pages of this origin alone may read the answer. Being set, it keeps oidc-provider from deciding client by client.
      ctx.set('Access-Control-Allow-Origin', tenantOf(ctx).issuer);
      const issuer = await this.parts.issuers.of(tenantOf(ctx));
      if (!refuseEarly(ctx)) await issuer.provider(ctx, next);
      correct(ctx, this.parts.log);
      const outcome = await this.#weigh(ctx, outcomeOf(ctx, issuer));
      if (outcome.client) noteProof(this.parts, { ...outcome.client, attempt: ctx.state.attempt, ip: addressOf(ctx.ip).plain });
      await finish(ctx, outcome);
      // What was sent in place of a client id may be anything, a secret too.
      const known = outcome.named && isSomebody(outcome.named.registration) ? outcome.named.clientId : null;
      ctx.state.details = { clientId: known, error: (ctx.body as { error?: string } | null)?.error, reason: reasonOf(ctx) };
    };
  }

  /** Counts a failure, and lets a success pass that does not come after too many. */
  async #weigh(ctx: Context, outcome: Outcome): Promise<Outcome> {
    const { attempt } = ctx.state as { attempt?: Attempt };
    // By what was decided, whatever the answer says of it in the end.
    const isFailure = outcome.error === 'invalid_client' || ctx.status === 401;
    if (!attempt || !(isFailure || outcome.client)) return outcome;
    try {
      await (outcome.client ? this.parts.throttle.admit(attempt) : this.parts.throttle.fail(attempt));
      return outcome;
    } catch (error) {
      answerTooMany(ctx, error);
      return { ...outcome, client: undefined };
    }
  }
}

/** Any number of blanks may stand between a scheme and what belongs to it. @see https://www.rfc-editor.org/rfc/rfc9110#section-11.4 */
function oneBlankInAuthorization({ req: { headers } }: Context): void {
  if (headers.authorization !== undefined) headers.authorization = headers.authorization.replace(/ +/, ' ');
}

function outcomeOf(ctx: Context, issuer: Issuer): Outcome {
  const { oidc, state } = ctx as unknown as Partial<KoaContextWithOIDC> & { state: { oauthError?: OAuthError } };
  const named = oidc?.client as unknown as LatchkeyClient | undefined;
  const error = state.oauthError && (state.oauthError.error ?? 'server_error');
  return { client: named?.isProven && error !== 'invalid_client' ? named : undefined, named, error, issuer };
}

/** Why a client was refused, for the log alone; none of oidc-provider's sentences repeats what was sent. */
function reasonOf(ctx: Context): string | undefined {
  const error = ctx.state.oauthError as OAuthError | undefined;
  if (error?.error !== 'invalid_client') return undefined;
  const { client } = (ctx as unknown as Partial<KoaContextWithOIDC>).oidc ?? {};
  return (client as unknown as LatchkeyClient | undefined)?.refusal ?? error.error_detail;
}

/** Refuses credentials and tokens in a URL, where others may read them. @returns whether it was refused */
export function refuseCredentialsInUrl(ctx: Context): boolean {
  if (ctx.querystring === '') return false;
  const query = new URLSearchParams(ctx.querystring);
  // However it is written: what nobody here would take is in the URL all the same.
  const names = [...query.keys()].map((name) => name.toLowerCase().replace(/\[.*/s, '').trim());
  if (!CREDENTIALS.some((name) => names.includes(name))) return false;
  refuse(ctx, 400, 'invalid_request', 'Send credentials in the Authorization header or in the body, never in the URL.');
  return true;
}

function refuseEarly(ctx: Context): boolean {
  if (refuseCredentialsInUrl(ctx)) return true;
  if ((ctx.request.length ?? 0) > LARGEST_BODY_BYTES) {
    refuse(ctx, 413, 'invalid_request', 'The body is too large.');
  } else {
    return refuseOtherThanForm(ctx);
  }
  return true;
}

/** Looks at what oidc-provider decided and at why. */
function correct(ctx: Context, log: Log): void {
  const error = ctx.state.oauthError as OAuthError | undefined;
  if (!error) return;
  const { oidc } = ctx as unknown as KoaContextWithOIDC;
  const body: Record<string, unknown> = oidc.body ?? {};
  if (ctx.status >= 500) answerFailure(ctx, error, log);
  else if ((error.cause as Error | undefined)?.message === 'request entity too large') {
    refuse(ctx, 413, 'invalid_request', 'The body is too large.');
  } else if (error.cause !== undefined && oidc.body === undefined) {
    refuse(ctx, 400, 'invalid_request', 'The body ended before it was complete.');
  } else if (error.error === 'invalid_client' || (oidc.client === undefined && isAnonymous(ctx, body))) {
    // There are callers that send nothing before they are asked.
    if (error.error !== 'invalid_client') ctx.set('WWW-Authenticate', `Basic realm="${tenantOf(ctx).issuer}"`);
    ctx.status = 401;
    ctx.body = { error: 'invalid_client' };
  } else if (error.error === 'invalid_grant' && error.error_detail?.startsWith('DPoP proof')) {
    // @see https://www.rfc-editor.org/rfc/rfc9449#section-5
    refuse(ctx, 400, 'invalid_dpop_proof', 'The DPoP proof was used before: make one for each request.');
  }
}

/** A tenant that is gone is refused as the host is. A database that is away is worth another try; anything else is a fault of ours that only the log may see. */
function answerFailure(ctx: Context, error: OAuthError, log: Log): void {
  if (error instanceof HostNotServed || error instanceof TenantDisabled) throw error;
  if (error instanceof TooOften) {
    answerTooMany(ctx, error);
  } else if (error instanceof DatabaseUnavailable) {
    refuse(ctx, 503, 'temporarily_unavailable', error.message);
    ctx.set('Retry-After', String(error.retryAfterSeconds));
  } else {
    log.error({ requestId: ctx.state.requestId, err: error }, 'OAuth endpoint failed');
    refuse(ctx, 500, 'server_error', 'The server failed to answer. The fault is logged.');
  }
}

/** Answers with 429 and when to come back. @throws whatever else it is given */
export function answerTooMany(ctx: Context, error: unknown): void {
  if (!(error instanceof TooOften)) throw error;
  refuse(ctx, 429, 'too_many_requests', error.message);
  // What belongs to the answer that was not given would tell which that was.
  for (const header of ['WWW-Authenticate', 'DPoP-Nonce']) ctx.remove(header);
  ctx.set('Retry-After', String(error.retryAfterSeconds));
}

/** Nobody that can be named has sent it: no credentials, or an assertion that cannot be read. @see https://www.rfc-editor.org/rfc/rfc6749#section-5.2 */
function isAnonymous(ctx: Context, body: Record<string, unknown>): boolean {
  const isTwofold = body.client_assertion !== undefined && body.client_secret !== undefined;
  return ctx.headers.authorization === undefined && !body.client_id && !isTwofold && ctx.status === 400;
}
