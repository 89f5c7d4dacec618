import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { RegisteredClient } from '../clients/registered-client.js';
import type { Cipher } from '../platform/cipher.js';
import { type AssertionClaims, type AssertionHeader, findAssertionFault } from './assertion-claims.js';
import { proveBySecretJwt } from './client-secret-jwt.js';
import { proveByKeyJwt } from './private-key-jwt.js';
import type { Proof } from './proof.js';

/** For so long an assertion is remembered beyond its end: the clocks of instances differ. */
const REMEMBERED_SECONDS = 300;

/** What an assertion has to be about. */
export interface AssertionSubject {
  registration: RegisteredClient;
  /** What it may call us: the issuer, its token endpoint, the endpoint that it is sent to. */
  audiences: readonly string[];
}

/** What makes an assertion count once. */
export interface AssertionName {
  jti: string;
  expiresAt: Date;
}

/**
 * Proves a client by an assertion that it signed, with its secret or with a key of its own. What the assertion says is looked at first,
 * whoever it is about: its sender learns nothing from that. Then the work hangs on what was sent alone, whether there is such a client.
 * @see https://www.rfc-editor.org/rfc/rfc7523#section-3
 */
export async function proveByAssertion(
  cipher: Cipher,
  assertion: string,
  { registration, audiences }: AssertionSubject,
): Promise<Proof & Partial<AssertionName>> {
  const read = readAssertion(assertion);
  const fault = read ? findAssertionFault(read, { clientId: registration.clientId, audiences }) : 'the assertion cannot be read';
  if (!read || fault !== undefined) return { refusal: fault as string };
  const { header, claims } = read;
  const prove = header.alg === 'HS256' ? proveBySecretJwt(cipher, registration, assertion) : proveByKeyJwt(registration, assertion, header);
  return { ...(await prove), jti: claims.jti as string, expiresAt: new Date((Number(claims.exp) + REMEMBERED_SECONDS) * 1000) };
}

function readAssertion(assertion: string): { header: AssertionHeader; claims: AssertionClaims } | undefined {
  try {
    return { header: decodeProtectedHeader(assertion), claims: decodeJwt(assertion) };
  } catch {
    return undefined;
  }
}
