import type { Context, Middleware } from 'koa';
import type { ClientAuthentication, NamedClient, ProvenClient } from '../authentication/client-authentication.service.js';
import { presentedCredentials } from '../authentication/credentials.js';
import { InvalidClient } from '../authentication/errors.js';
import { type Form, readForm } from '../authentication/form.js';
import { certificateOf, certificateThumbprintOf } from '../authentication/presented-certificate.js';
import { isRegistered } from '../clients/registered-client.js';
import { type AppError, BadRequest } from '../platform/errors.js';
import { answerError, toTold, Unforeseen } from '../platform/http/answer.js';
import { logged, requestIdOf } from '../platform/http/request-notes.js';
import type { Log } from '../platform/log.js';
import { baseUrlOf, isAtMtlsHost, tenantOf } from '../tenants/caller.js';
import { isOfTenantGone } from '../tenants/errors.js';
import type { Issuer, Issuers } from './issuers.js';
import { TOKEN_PATH } from './paths.js';

/** What the endpoints are built from. */
export interface OAuthParts {
  issuers: Issuers;
  authentication: ClientAuthentication;
  log: Log;
}

/** The request of a client that proved who it is. */
export interface ClientRequest extends ProvenClient, Pick<NamedClient, 'accessTokenType'> {
  form: Form;
  /** Of the tenant that the request is for, with keys as they were when the client was read, or later. */
  issuer: Issuer;
  /** Of the certificate that the request came with. */
  certificateThumbprint: string | undefined;
}

/** An endpoint of OAuth. */
export interface OAuthEndpoint {
  /** @throws {AppError} a refusal */
  answer(ctx: Context, request: ClientRequest): Promise<void>;
  /** Is told that a request is answered. @param named whom it was sent by, proven or not, as far as that is known */
  finish?(ctx: Context, named: NamedClient | undefined): void;
}

/** Parameters that must never stand in a URL. @see https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1 */
const CREDENTIALS = ['client_id', 'client_secret', 'client_assertion', 'token'];

/**
 * What the token, introspection and revocation endpoint have in common: a client shows who it is in a form, is authenticated, and what is refused
 * is refused in the words of OAuth.
 */
export function oauthEndpoint({ issuers, authentication, log }: OAuthParts, { answer, finish }: OAuthEndpoint): Middleware {
  return async (ctx) => {
    ctx.set('Cache-Control', 'no-store');
    ctx.set('Pragma', 'no-cache');
    // Pages of this origin alone may read the answer.
    ctx.set('Access-Control-Allow-Origin', tenantOf(ctx).issuer);
    let named: NamedClient | undefined;
    try {
      requireNoCredentialsInUrl(ctx);
      const form = await readForm(ctx);
      const credentials = presentedCredentials(ctx, form, certificateOf(ctx));
      named = await authentication.find(tenantOf(ctx), { credentials, ip: ctx.ip });
      const client = await authentication.prove(named, audiencesOf(ctx));
      const issuer = await issuers.of(tenantOf(ctx));
      await issuer.keys.catchUp(named.tenantVersion as number);
      const certificateThumbprint = certificateThumbprintOf(ctx);
      await answer(ctx, { ...client, accessTokenType: named.accessTokenType, form, issuer, certificateThumbprint });
    } catch (error) {
      const told = toRefusal(ctx, error, log);
      // There are callers that send nothing before they are asked.
      const isAsked = told instanceof InvalidClient && (ctx.headers.authorization || !named);
      if (isAsked) ctx.set('WWW-Authenticate', `Basic realm="${tenantOf(ctx).issuer}"`);
      answerError(ctx, told);
    }
    finish?.(ctx, named);
    // What was sent in place of a client id may be anything, a secret too.
    const known = named && isRegistered(named.registration) ? named.registration.clientId : null;
    logged.add(ctx, { clientId: known, error: (ctx.body as { error?: string } | null)?.error });
  };
}

/** What an assertion may call us. @see https://www.rfc-editor.org/rfc/rfc7523#section-3 */
function audiencesOf(ctx: Context): string[] {
  const { issuer } = tenantOf(ctx);
  const bases = isAtMtlsHost(ctx) ? [issuer, baseUrlOf(ctx)] : [issuer];
  return [issuer, ...bases.flatMap((base) => [base + TOKEN_PATH, base + ctx.path])];
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

/** @throws a tenant that is gone: it is refused as the host is */
function toRefusal(ctx: Context, error: unknown, log: Log): AppError {
  if (isOfTenantGone(error)) throw error;
  const told = toTold(error);
  if (told instanceof Unforeseen) log.error({ requestId: requestIdOf(ctx), err: error }, 'OAuth endpoint failed');
  return told;
}
