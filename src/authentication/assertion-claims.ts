import type { JWTPayload, ProtectedHeaderParameters } from 'jose';
import { ASSERTION_ALGORITHMS } from '../clients/keys/public-jwks.js';
import { CLOCK_TOLERANCE_SECONDS } from '../platform/clock-tolerance.js';

/** What an assertion says of itself, whatever types the values have. */
export type AssertionClaims = { [Name in keyof JWTPayload]: unknown };
/** What it says of its signature. */
export type AssertionHeader = { [Name in keyof ProtectedHeaderParameters]: unknown };

/** The algorithms in which a client may sign an assertion. */
export const ASSERTION_ALGORITHM_NAMES = [...ASSERTION_ALGORITHMS, 'HS256'] as const;

const LONGEST_ASSERTION_SECONDS = 3600;
/** What an assertion may call itself, in lower case and without `application/`. @see https://www.rfc-editor.org/rfc/rfc7519#section-5.1 */
const TYPES = ['jwt', 'client-authentication+jwt'];

/** What an assertion has to say. */
export interface Expected {
  clientId: string;
  audiences: readonly string[];
}

/**
 * Says why an assertion is refused, whoever signed it: it was made for something else, or for others too, or lives for too long.
 * @returns a sentence for the log, undefined when all is well
 * @see https://www.rfc-editor.org/rfc/rfc7523#section-3
 */
export function findAssertionFault(
  { header, claims }: { header: AssertionHeader; claims: AssertionClaims },
  expected: Expected,
): string | undefined {
  return findHeaderFault(header) ?? findNameFault(claims, expected) ?? findMomentFault(claims);
}

function findHeaderFault(header: AssertionHeader): string | undefined {
  if (!(ASSERTION_ALGORITHM_NAMES as readonly unknown[]).includes(header.alg)) return 'alg is none in which assertions are signed here';
  if (!isAssertionType(header.typ)) return 'typ is that of another kind of token';
  return 'crit' in header ? 'crit asks for an extension' : undefined;
}

function findNameFault({ iss, sub, aud, jti }: AssertionClaims, { clientId, audiences }: Expected): string | undefined {
  if (sub !== clientId) return 'sub is not the client id';
  if (iss !== clientId) return 'iss is not the client id';
  if (typeof jti !== 'string' || jti === '') return 'jti is no text';
  if (Array.isArray(aud) && aud.length !== 1) return 'aud names several audiences, or none';
  const audience = Array.isArray(aud) ? aud[0] : aud;
  return audiences.includes(audience as string) ? undefined : 'aud is neither the issuer nor the endpoint';
}

/** @param mostSeconds that it may live for, from when it says that it was made, or from now */
export function findMomentFault({ iat, exp, nbf }: AssertionClaims, mostSeconds = LONGEST_ASSERTION_SECONDS): string | undefined {
  const now = Date.now() / 1000;
  if (exp === undefined) return 'exp is missing';
  if ([iat, exp, nbf].some((moment) => moment !== undefined && !Number.isFinite(moment))) return 'a moment is no finite number';
  if (Number(exp) <= now - CLOCK_TOLERANCE_SECONDS) return 'the assertion has expired';
  if (Number(nbf ?? 0) > now + CLOCK_TOLERANCE_SECONDS) return 'the assertion is not valid yet';
  if (Number(iat ?? 0) > now + CLOCK_TOLERANCE_SECONDS) return 'the assertion comes from the future';
  return Number(exp) > now + mostSeconds + CLOCK_TOLERANCE_SECONDS ? 'the assertion lives for too long' : undefined;
}

/** Whether a token calls itself one that may prove a client, or says nothing of that. */
export function isAssertionType(typ: unknown): boolean {
  if (typ === undefined) return true;
  return typeof typ === 'string' && TYPES.includes(typ.toLowerCase().replace(/^application\//, ''));
}
