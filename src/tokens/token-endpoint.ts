import type { Context, Middleware } from 'koa';
import { LONGEST_PROOF } from '../authentication/dpop-proof.js';
import { SenderConstraint } from '../clients/client.entity.js';
import type { ClientUseService } from '../clients/use/client-use.service.js';
import { BadRequest } from '../platform/errors.js';
import type { Metrics } from '../platform/metrics.js';
import { TOKENS_ISSUED, TOKENS_REFUSED } from './counters.js';
import { grantNotes, handOver } from './mint/hand-over.js';
import { type ClientRequest, type OAuthParts, oauthEndpoint } from './oauth-endpoint.js';

/** What the token endpoint works with. */
export interface TokenEndpointParts extends OAuthParts {
  use: ClientUseService;
  metrics: Metrics;
}

/** The token endpoint: oidc-provider grants what a client asks for, and what was issued and refused is counted. @see https://www.rfc-editor.org/rfc/rfc6749#section-3.2 */
export function tokenEndpoint(parts: TokenEndpointParts): Middleware {
  const { use, metrics } = parts;
  return oauthEndpoint(parts, {
    answer: grant,
    finish: (ctx, named) => {
      const isIssued = ctx.status === 200;
      if (isIssued) metrics.count(TOKENS_ISSUED);
      else metrics.count(TOKENS_REFUSED, { reason: (ctx.body as { error: string }).error });
      // Nobody is counted like anybody, for the work's sake; what is written down knows only clients.
      if (named && ctx.status < 500) use.count(named.registration.rowId, isIssued ? 'issued' : 'refused');
    },
  });
}

/** @throws what oidc-provider failed by */
async function grant(ctx: Context, { form, issuer, ...client }: ClientRequest): Promise<void> {
  if (ctx.get('DPoP').length > LONGEST_PROOF)
    throw new BadRequest(`The DPoP proof may have ${LONGEST_PROOF} characters at most.`, { oauthError: 'invalid_dpop_proof' });
  handOver(ctx, form, { ...client, signer: issuer.keys.active, boundTo: requireBinding(ctx, client) });
  await issuer.provider(ctx, async () => {});
  if (ctx.status >= 500) throw grantNotes.of(ctx).error;
}

/**
 * Requires what the tokens of a client have to be bound to. A proof of DPoP is looked at where the token is made.
 * @returns the thumbprint of the certificate that the token is bound to, where it is to one
 * @throws {BadRequest}
 */
function requireBinding(ctx: Context, { registration, certificateThumbprint }: Omit<ClientRequest, 'form' | 'issuer'>): string | undefined {
  const { senderConstraint } = registration;
  if (senderConstraint === SenderConstraint.DPOP && ctx.get('DPoP') === '')
    throw new BadRequest('The tokens of this client are bound to a key: send a DPoP proof.', { oauthError: 'invalid_dpop_proof' });
  if (senderConstraint !== SenderConstraint.CERTIFICATE) return undefined;
  if (certificateThumbprint === undefined)
    throw new BadRequest('The tokens of this client are bound to a certificate: connect with one, by TLS.');
  return certificateThumbprint;
}
