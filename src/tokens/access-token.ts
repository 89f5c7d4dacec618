import { type JWTVerifyGetKey, jwtVerify } from 'jose';
import { JWSSignatureVerificationFailed } from 'jose/errors';
import type { TenantContext } from '../access/principal.js';
import type { KeyRing } from './signing-keys.js';

/** What an access token of ours says, once it is known to be genuine and alive. */
export interface AccessTokenClaims {
  clientId: string;
  scopes: string[];
  /** Seconds since 1970. */
  issuedAt: number;
}

/** Checks an access token. @throws when it is not a living one for the audience it was made for */
export type VerifyAccessToken = (token: string) => Promise<AccessTokenClaims>;

/**
 * Checks tokens of a tenant for one audience, against the tenant's own keys alone: what a token's
 * header says of keys elsewhere is not looked at.
 * @see https://www.rfc-editor.org/rfc/rfc9068#section-4
 */
export function createTokenVerifier({ issuer }: TenantContext, keys: KeyRing, audience: string): VerifyAccessToken {
  const selectKey: JWTVerifyGetKey = ({ kid, alg }) => {
    const found = keys.publishedAt(new Date()).find(({ jwk }) => jwk.kid === kid && jwk.alg === alg);
    if (!found) throw new JWSSignatureVerificationFailed();
    return found.key;
  };
  return async (token) => {
    const { payload } = await jwtVerify(token, selectKey, {
      issuer,
      audience,
      typ: 'at+jwt',
      algorithms: ['ES256', 'RS256', 'EdDSA'],
      requiredClaims: ['client_id', 'iat', 'exp'],
    });
    const scopes = typeof payload.scope === 'string' ? payload.scope.split(' ') : [];
    return { clientId: String(payload.client_id), scopes, issuedAt: payload.iat as number };
  };
}
