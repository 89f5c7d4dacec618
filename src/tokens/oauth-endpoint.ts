import type { Context, Middleware } from 'koa';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { LatchkeyClient } from '../authentication/client-authentication.js';
import { LONGEST_PROOF } from '../authentication/dpop-proof.js';
import type { Attempt } from '../authentication/failure-counts.js';
import { incomplete, LARGEST_BODY_BYTES, requireForm, tooLarge } from '../authentication/form-body.js';
import { noteProof } from '../authentication/secret-proof.js';
import type { Throttle } from '../authentication/throttle.js';
import { prepareForm } from '../authentication/token-parameters.js';
import { isRegistered } from '../clients/registered-client.js';
import type { ClientUseService } from '../clients/use/client-use.service.js';
import type { Cipher } from '../platform/cipher.js';
import { AppError, BadRequest, TooOften } from '../platform/errors.js';
import { answerError, toTold, Unforeseen } from '../platform/http/answer.js';
import { addressOf } from '../platform/http/ip.js';
import { logged, requestIdOf } from '../platform/http/request-notes.js';
import type { Log } from '../platform/log.js';
import { tenantOf } from '../tenants/caller.js';
import { isOfTenantGone } from '../tenants/errors.js';
import type { Issuer, Issuers } from './issuers.js';
import { grantNotes } from './mint/grant-notes.js';

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

/** Parameters that must never stand in a URL. @see https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1 */
const CREDENTIALS = ['client_id', 'client_secret', 'client_assertion', 'token'];

/** By nothing else oidc-provider tells these from others. */
const TOO_LARGE = 'request entity too large';
const USED_PROOF = 'DPoP proof';
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
      try {
        requireTakeable(ctx);
        await issuer.provider(ctx, next);
        correct(ctx, this.parts.log);
      } catch (error) {
        answerRefusal(ctx, error);
      }
      const outcome = await this.#weigh(ctx, outcomeOf(ctx, issuer));
      if (outcome.client)
        noteProof(this.parts, { ...outcome.client, attempt: grantNotes.of(ctx).attempt as Attempt, ip: addressOf(ctx.ip).plain });
      await finish(ctx, outcome);
      // What was sent in place of a client id may be anything, a secret too.
      const known = outcome.named && isRegistered(outcome.named.registration) ? outcome.named.clientId : null;
      logged.add(ctx, { clientId: known, error: (ctx.body as { error?: string } | null)?.error, reason: reasonOf(ctx) });
    };
  }

  /** Counts a failure, and lets a success pass that does not come after too many. */
  async #weigh(ctx: Context, outcome: Outcome): Promise<Outcome> {
    const { attempt } = grantNotes.of(ctx);
    // By what was decided, whatever the answer says of it in the end.
    const isFailure = outcome.error === 'invalid_client' || ctx.status === 401;
    if (!attempt || !(isFailure || outcome.client)) return outcome;
    try {
      await (outcome.client ? this.parts.throttle.admit(attempt) : this.parts.throttle.fail(attempt));
      return outcome;
    } catch (error) {
      answerRefusal(ctx, error);
      return { ...outcome, client: undefined };
    }
  }
}

/** Any number of blanks may stand between a scheme and what belongs to it. @see https://www.rfc-editor.org/rfc/rfc9110#section-11.4 */
function oneBlankInAuthorization({ req: { headers } }: Context): void {
  if (headers.authorization !== undefined) headers.authorization = headers.authorization.replace(/ +/, ' ');
}

function outcomeOf(ctx: Context, issuer: Issuer): Outcome {
  const { oidc } = ctx as unknown as Partial<KoaContextWithOIDC>;
  const { error: ended } = grantNotes.of(ctx);
  const named = oidc?.client as unknown as LatchkeyClient | undefined;
  const error = ended && (ended.error ?? 'server_error');
  return { client: named?.isProven && error !== 'invalid_client' ? named : undefined, named, error, issuer };
}

/** Why a client was refused, for the log alone; none of oidc-provider's sentences repeats what was sent. */
function reasonOf(ctx: Context): string | undefined {
  const { error } = grantNotes.of(ctx);
  if (error?.error !== 'invalid_client') return undefined;
  const { client } = (ctx as unknown as Partial<KoaContextWithOIDC>).oidc ?? {};
  return (client as unknown as LatchkeyClient | undefined)?.refusal ?? error.error_detail;
}

/** Requires that there are no credentials and tokens in a URL, where others may read them. @throws {BadRequest} */
export function requireNoCredentialsInUrl(ctx: Context): void {
  if (ctx.querystring === '') return;
  const query = new URLSearchParams(ctx.querystring);
  // However it is written: what nobody here would take is in the URL all the same.
  const names = [...query.keys()].map((name) => name.toLowerCase().replace(/\[.*/s, '').trim());
  if (CREDENTIALS.some((name) => names.includes(name)))
    throw new BadRequest('Send credentials in the Authorization header or in the body, never in the URL.');
}

function requireTakeable(ctx: Context): void {
  requireNoCredentialsInUrl(ctx);
  if ((ctx.request.length ?? 0) > LARGEST_BODY_BYTES) throw tooLarge();
  requireForm(ctx);
  if (ctx.get('DPoP').length > LONGEST_PROOF)
    throw new BadRequest(`The DPoP proof may have ${LONGEST_PROOF} characters at most.`, { oauthError: 'invalid_dpop_proof' });
}

/** Looks at what oidc-provider decided and at why. @throws {AppError} what is answered in its place */
function correct(ctx: Context, log: Log): void {
  const { error } = grantNotes.of(ctx);
  if (!error) return;
  const { oidc } = ctx as unknown as KoaContextWithOIDC;
  const body: Record<string, unknown> = oidc.body ?? {};
  if (ctx.status >= 500) {
    const told = toTold(error);
    if (told instanceof Unforeseen) log.error({ requestId: requestIdOf(ctx), err: error }, 'OAuth endpoint failed');
    throw told;
  }
  if (error.cause instanceof AppError) throw error.cause;
  if ((error.cause as Error | undefined)?.message === TOO_LARGE) throw tooLarge();
  if (error.cause !== undefined && oidc.body === undefined) throw incomplete();
  if (error.error === 'invalid_client' || (oidc.client === undefined && isAnonymous(ctx, body))) {
    // There are callers that send nothing before they are asked.
    if (error.error !== 'invalid_client') ctx.set('WWW-Authenticate', `Basic realm="${tenantOf(ctx).issuer}"`);
    ctx.status = 401;
    ctx.body = { error: 'invalid_client' };
  } else if (error.error === 'invalid_grant' && error.error_detail?.startsWith(USED_PROOF)) {
    // @see https://www.rfc-editor.org/rfc/rfc9449#section-5
    throw new BadRequest('The DPoP proof was used before: make one for each request.', { oauthError: 'invalid_dpop_proof' });
  }
}

/** @throws whatever is no refusal by this endpoint: a tenant that is gone is refused as the host is */
function answerRefusal(ctx: Context, error: unknown): void {
  if (!(error instanceof AppError) || isOfTenantGone(error)) throw error;
  // What belongs to the answer that was not given would tell which that was.
  if (error instanceof TooOften) for (const header of ['WWW-Authenticate', 'DPoP-Nonce']) ctx.remove(header);
  answerError(ctx, error);
}

/** Nobody that can be named has sent it: no credentials, or an assertion that cannot be read. @see https://www.rfc-editor.org/rfc/rfc6749#section-5.2 */
function isAnonymous(ctx: Context, body: Record<string, unknown>): boolean {
  const isTwofold = body.client_assertion !== undefined && body.client_secret !== undefined;
  return ctx.headers.authorization === undefined && !body.client_id && !isTwofold && ctx.status === 400;
}
