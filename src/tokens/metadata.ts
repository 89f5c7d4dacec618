import type { Middleware } from 'koa';
import { ASSERTION_ALGORITHM_NAMES } from '../authentication/assertion-claims.js';
import { AUTH_METHODS, CERTIFICATE_METHODS } from '../authentication/client-authentication.service.js';
import { PROOF_ALGORITHMS } from '../clients/keys/public-jwks.js';
import { type ReachedTenant, tenantOf } from '../tenants/caller.js';
import { INTROSPECTION_PATH } from '../tenants/scopes.js';
import type { Issuers } from './issuers.js';
import { JWKS_PATH, REVOCATION_PATH, TOKEN_PATH } from './paths.js';

const MAX_AGE = 'public, max-age=300';

/**
 * The authorization server metadata: what works and nothing else, under the tenant's own URLs
 * whatever the Host header says.
 * @param takesCertificates whether clients of a tenant can show any
 * @see https://www.rfc-editor.org/rfc/rfc8414
 */
export function metadata(issuers: Issuers, takesCertificates: (tenant: ReachedTenant) => boolean): Middleware {
  return async (ctx) => {
    const tenant = tenantOf(ctx);
    const { keys } = await issuers.of(tenant);
    ctx.set('Cache-Control', MAX_AGE);
    const algorithms = [...new Set(keys.publishedAt(new Date()).map(({ jwk }) => jwk.alg))];
    ctx.body = documentOf(tenant, { algorithms, takesCertificates: takesCertificates(tenant) });
  };
}

/**
 * @param algorithms in which tokens are signed, or soon will be. Readers of OpenID's metadata look for them under the name that they
 * have for ID tokens, and take it for RS256 where there is none.
 */
function documentOf(
  { issuer, mtlsOrigin }: ReachedTenant,
  { algorithms, takesCertificates }: { algorithms: readonly (string | undefined)[]; takesCertificates: boolean },
): object {
  const methods = takesCertificates ? [...AUTH_METHODS, ...CERTIFICATE_METHODS] : AUTH_METHODS;
  return {
    issuer,
    token_endpoint: issuer + TOKEN_PATH,
    jwks_uri: issuer + JWKS_PATH,
    grant_types_supported: ['client_credentials'],
    response_types_supported: [],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: algorithms,
    token_endpoint_auth_methods_supported: methods,
    token_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHM_NAMES,
    introspection_endpoint: issuer + INTROSPECTION_PATH,
    introspection_endpoint_auth_methods_supported: methods,
    introspection_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHM_NAMES,
    revocation_endpoint: issuer + REVOCATION_PATH,
    revocation_endpoint_auth_methods_supported: methods,
    revocation_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHM_NAMES,
    dpop_signing_alg_values_supported: PROOF_ALGORITHMS,
    ...(takesCertificates ? { tls_client_certificate_bound_access_tokens: true } : {}),
    ...(mtlsOrigin === undefined ? {} : { mtls_endpoint_aliases: aliasesAt(mtlsOrigin) }),
  };
}

/** Of the endpoints above those at which clients prove who they are. @see https://www.rfc-editor.org/rfc/rfc8705#section-5 */
function aliasesAt(origin: string): object {
  return {
    token_endpoint: origin + TOKEN_PATH,
    introspection_endpoint: origin + INTROSPECTION_PATH,
    revocation_endpoint: origin + REVOCATION_PATH,
  };
}

/** The public keys that verify the tenant's tokens. A retired one stays until its last token has expired. */
export function jwks(issuers: Issuers): Middleware {
  return async (ctx) => {
    const { keys } = await issuers.of(tenantOf(ctx));
    ctx.set('Cache-Control', MAX_AGE);
    ctx.body = { keys: keys.publishedAt(new Date()).map(({ jwk }) => jwk) };
  };
}

/** The same keys one after another in PEM, that of the tokens which are issued now first: many readers take no other. */
export function pem(issuers: Issuers): Middleware {
  return async (ctx) => {
    const { keys } = await issuers.of(tenantOf(ctx));
    ctx.set('Cache-Control', MAX_AGE);
    ctx.type = 'application/x-pem-file';
    ctx.body = keys
      .publishedAt(new Date())
      .map(({ key }) => key.export({ type: 'spki', format: 'pem' }))
      .join('');
  };
}
