import type { Context, Middleware } from 'koa';
import { readForm } from '../authentication/form.js';
import { certificateThumbprintOf } from '../authentication/presented-certificate.js';
import { BadRequest } from '../platform/errors.js';
import { markOf } from '../platform/http/request.js';
import { logged } from '../platform/http/request-notes.js';
import type { Metrics } from '../platform/metrics.js';
import { targetOf, tenantOf } from '../tenants/caller.js';
import { RIGHTS_REFUSED } from '../tenants/counters.js';
import { INTROSPECTION_SCOPE } from '../tenants/scopes.js';
import { type Authenticator, InsufficientScope } from './bearer.js';
import { inspect } from './introspection.js';
import type { Issuers } from './issuers.js';
import { requireNoCredentialsInUrl } from './oauth-endpoint.js';
import { tokenIn } from './token-form.js';
import type { TokenStatusService } from './token-status.service.js';

/** With a token these would be a second way in one request. @see https://www.rfc-editor.org/rfc/rfc6749#section-2.3 */
const OTHER_PROOFS = ['client_secret', 'client_assertion', 'client_assertion_type', 'access_token'];

/** What looks into tokens for the bearer of another. */
export interface InspectionParts {
  /** Knows whoever sends a token for the introspection endpoint. */
  authenticator: Authenticator;
  issuers: Issuers;
  status: TokenStatusService;
  metrics: Metrics;
}

/**
 * The introspection endpoint for an API that shows an access token of its own in place of its credentials. The token has to be for
 * this endpoint: one that was sent to another API, with the same right in it, would let that API look into every token of the tenant.
 * @see https://www.rfc-editor.org/rfc/rfc7662#section-2.1
 */
export function introspectionByToken(parts: InspectionParts, forClients: Middleware): Middleware {
  return (ctx, next) => (/^(bearer|dpop)( |$)/i.test(ctx.get('Authorization')) ? answer(parts, ctx) : forClients(ctx, next));
}

async function answer({ authenticator, issuers, status, metrics }: InspectionParts, ctx: Context): Promise<void> {
  ctx.set('Cache-Control', 'no-store');
  ctx.set('Access-Control-Allow-Origin', tenantOf(ctx).issuer);
  requireNoCredentialsInUrl(ctx);
  // First: whoever sends it slowly is asked who they are when it is here.
  const form = await readForm(ctx);
  const caller = await authenticator.authenticate(tenantOf(ctx), {
    authorization: ctx.get('Authorization'),
    dpop: ctx.get('DPoP') || undefined,
    certificate: certificateThumbprintOf(ctx),
    session: undefined,
    isCrossSite: false,
    query: new URLSearchParams(ctx.querystring),
    target: targetOf(ctx),
    request: markOf(ctx),
  });
  logged.add(ctx, { clientId: caller?.actor.id ?? null });
  if (!caller?.scopes.includes(INTROSPECTION_SCOPE)) {
    metrics.count(RIGHTS_REFUSED, { right: INTROSPECTION_SCOPE });
    throw new InsufficientScope(INTROSPECTION_SCOPE);
  }
  if (OTHER_PROOFS.some((name) => form.values[name] !== undefined))
    throw new BadRequest('Prove who you are in one way: with a token, or with credentials.');
  ctx.body = await inspect({ issuer: await issuers.of(tenantOf(ctx)), status }, tokenIn(form));
}
