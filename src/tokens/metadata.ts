import type { Middleware } from 'koa';
import type { TenantContext } from '../access/principal.js';
import { AUTH_METHODS, TOKEN_PATH } from './provider.js';
import type { KeyRing } from './signing-keys.js';

/** Path of the public keys, the same on every tenant's host. */
export const JWKS_PATH = '/.well-known/jwks.json';
const MAX_AGE = 'public, max-age=300';

/**
 * The authorization server metadata: what works and nothing else, under the tenant's own URL
 * whatever the Host header says.
 * @see https://www.rfc-editor.org/rfc/rfc8414
 */
export function metadata({ issuer }: TenantContext): Middleware {
  const document = {
    issuer,
    token_endpoint: issuer + TOKEN_PATH,
    jwks_uri: issuer + JWKS_PATH,
    grant_types_supported: ['client_credentials'],
    response_types_supported: [],
    subject_types_supported: ['public'],
    token_endpoint_auth_methods_supported: AUTH_METHODS,
  };
  return (ctx) => {
    ctx.set('Cache-Control', MAX_AGE);
    ctx.set('Access-Control-Allow-Origin', '*');
    ctx.body = document;
  };
}

/** The public keys that verify the tenant's tokens. A retired one stays until its last token has expired. */
export function jwks(keys: KeyRing): Middleware {
  return (ctx) => {
    ctx.set('Cache-Control', MAX_AGE);
    ctx.set('Access-Control-Allow-Origin', '*');
    ctx.body = { keys: keys.publishedAt(new Date()).map(({ jwk }) => jwk) };
  };
}
