import { createHash } from 'node:crypto';
import { calculateJwkThumbprint, EmbeddedJWK, type JWSHeaderParameters, jwtVerify } from 'jose';
import { PROOF_ALGORITHMS } from '../clients/keys/public-jwks.js';
import { findKeyFault, withoutEmpty } from '../clients/keys/public-key.js';
import { CLOCK_TOLERANCE_SECONDS } from '../platform/clock-tolerance.js';

const WINDOW_SECONDS = 60;
/** With an RSA key of 8,192 bits and a URL of 2,000 characters there is room for more. */
export const LONGEST_PROOF = 8_000;

/** What a proof has to be about. */
export interface ProofSubject {
  /** HTTP method of the request. */
  method: string;
  /** URL of the request, without query and fragment. */
  url: string;
  /** The access token beside it. */
  token: string;
  /** Thumbprint of the key that the token is bound to. */
  thumbprint: string;
}

/** What makes a proof count once. */
export interface ProofName {
  maker: string;
  jti: string;
  expiresAt: Date;
}

/**
 * Checks that whoever sends a token holds the key that it is bound to.
 * @param proof the value of the header `DPoP`
 * @throws when it is damaged, old, or about something else
 * @see https://www.rfc-editor.org/rfc/rfc9449#section-4.3
 */
export async function verifyProof(proof: string, { method, url, token, thumbprint }: ProofSubject): Promise<ProofName> {
  if (proof.length > LONGEST_PROOF) throw new Error('the proof is too long');
  // Looked at first: with a key of somebody's making one signature may take as long to check as a hundred others.
  const selectKey: typeof EmbeddedJWK = async (header, ...rest) => {
    await requireBoundKey(header, thumbprint);
    return EmbeddedJWK(header, ...rest);
  };
  const { payload } = await jwtVerify(proof, selectKey, {
    typ: 'dpop+jwt',
    algorithms: [...PROOF_ALGORITHMS],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    requiredClaims: ['jti', 'iat', 'htm', 'htu', 'ath'],
  });
  const { jti, iat, htm, htu, ath } = payload;
  const target = typeof htu === 'string' ? URL.parse(htu) : null;
  const isRecent = Math.abs(Date.now() / 1000 - (iat as number)) <= WINDOW_SECONDS + CLOCK_TOLERANCE_SECONDS;
  const isAboutRequest = htm === method && target !== null && target.origin + target.pathname === url;
  const isAboutToken = ath === createHash('sha256').update(token).digest('base64url');
  if (!isRecent || !isAboutRequest || !isAboutToken || typeof jti !== 'string' || jti === '')
    throw new Error('the proof is old or about something else');
  return { maker: thumbprint, jti, expiresAt: new Date(((iat as number) + 2 * WINDOW_SECONDS) * 1000) };
}

async function requireBoundKey({ jwk }: JWSHeaderParameters = {}, thumbprint: string): Promise<void> {
  if (!jwk) throw new Error('the proof names no key');
  const fault = findKeyFault(withoutEmpty(jwk), 'its key');
  if (fault) throw new Error(fault);
  if ((await calculateJwkThumbprint(jwk)) !== thumbprint) throw new Error('the proof is made with another key');
}
