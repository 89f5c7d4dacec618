import { type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { JWSSignatureVerificationFailed } from 'jose/errors';
import type { KeyRing, PublishedKey } from '../keys/key-ring.js';
import { SIGNING_ALGORITHMS } from '../platform/setting-values.js';
import type { TenantContext } from '../tenants/caller.js';
import { isOwnAudience } from '../tenants/scopes.js';
import { AccessTokenType } from '../tenants/tenant.entity.js';

/** What an access token of ours says, once it is known to be genuine and not expired. */
export interface AccessToken {
  clientId: string;
  /** What it is for. */
  audience: string;
  scopes: string[];
  jti: string;
  /** Names the key that signed it. */
  kid: string;
  /** Seconds since 1970. */
  expiresAt: number;
  /** SHA-256 thumbprint of the key that the token is bound to; absent for a bearer token. */
  thumbprint: string | undefined;
  /** SHA-256 thumbprint of the certificate that it is bound to. */
  certificateThumbprint: string | undefined;
  claims: JWTPayload;
}

/** What a token of ours is called in its header, by the tenant's choice. @see https://www.rfc-editor.org/rfc/rfc9068#section-2.1 */
const TYPES: Record<AccessTokenType, string> = { [AccessTokenType.AT_JWT]: 'at+jwt', [AccessTokenType.JWT]: 'JWT' };

const LONGEST_HEADER = 300;

/** Which tokens will do. */
interface Wanted {
  /** The only audience; any when absent. */
  audience?: string;
  /** Whether one will do that calls itself `JWT`. We sign no other kind with the same keys, so that it is an access token all the same. */
  allowsJwt?: boolean;
}

/** The `typ` of a token: that of tokens for Latchkey itself is nobody's to choose. */
export function typeFor(audience: string, issuer: string, chosen = AccessTokenType.AT_JWT): string {
  return TYPES[isOwnAudience(audience, issuer) ? AccessTokenType.AT_JWT : chosen];
}

/** Checks an access token. @throws when it is not a genuine one that has not expired */
export type VerifyAccessToken = (token: string) => Promise<AccessToken>;

/**
 * Checks tokens of a tenant against the tenant's own keys alone: what a token's header says of keys
 * elsewhere is not looked at.
 * @see https://www.rfc-editor.org/rfc/rfc9068#section-4
 */
export function createTokenVerifier(
  { issuer }: TenantContext,
  keys: KeyRing,
  { audience, allowsJwt = false }: Wanted = {},
): VerifyAccessToken {
  const selectKey: JWTVerifyGetKey = async ({ kid, alg }) => {
    const found = typeof kid === 'string' ? await keys.find(kid) : undefined;
    if (found?.jwk.alg !== alg) throw new JWSSignatureVerificationFailed();
    return (found as PublishedKey).key;
  };
  return async (token) => {
    // Parsed before the signature is checked: ours have a name, an algorithm and a type.
    if (token.indexOf('.') > LONGEST_HEADER) throw new JWSSignatureVerificationFailed();
    const { payload, protectedHeader } = await jwtVerify(token, selectKey, {
      issuer,
      ...(audience === undefined ? {} : { audience }),
      ...(allowsJwt ? {} : { typ: TYPES.AT_JWT }),
      algorithms: [...SIGNING_ALGORITHMS],
      requiredClaims: ['client_id', 'iat', 'exp', 'jti'],
    });
    if (!Object.values(TYPES).includes(String(protectedHeader.typ))) throw new JWSSignatureVerificationFailed();
    const confirmation = payload.cnf as { jkt?: string; 'x5t#S256'?: string } | undefined;
    return {
      clientId: String(payload.client_id),
      audience: String(payload.aud),
      scopes: typeof payload.scope === 'string' ? payload.scope.split(' ') : [],
      jti: String(payload.jti),
      kid: String(protectedHeader.kid),
      expiresAt: payload.exp as number,
      thumbprint: confirmation?.jkt,
      certificateThumbprint: confirmation?.['x5t#S256'],
      claims: payload,
    };
  };
}
