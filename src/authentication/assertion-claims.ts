import type { JWTPayload, ProtectedHeaderParameters } from 'jose';
import { ASSERTION_ALGORITHMS } from '../clients/keys/public-jwks.js';
import { CLOCK_TOLERANCE_SECONDS } from '../platform/clock-tolerance.js';
import { type Refusal, received } from './proof.js';

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
 * @returns undefined when all is well
 * @see https://www.rfc-editor.org/rfc/rfc7523#section-3
 */
export function findAssertionFault(
  { header, claims }: { header: AssertionHeader; claims: AssertionClaims },
  expected: Expected,
): Refusal | undefined {
  return findHeaderFault(header) ?? findNameFault(claims, expected) ?? findMomentFault(claims);
}

function findHeaderFault(header: AssertionHeader): Refusal | undefined {
  if (!(ASSERTION_ALGORITHM_NAMES as readonly unknown[]).includes(header.alg))
    return { refusal: 'alg is none in which assertions are signed here', about: 'alg', received: received(header.alg) };
  return findTypeFault(header);
}

/** Whether a token is of a kind that may prove a client, or says nothing of that, and asks for nothing more. */
export function findTypeFault(header: AssertionHeader): Refusal | undefined {
  if (!isAssertionType(header.typ))
    return { refusal: 'typ is that of another kind of token', about: 'typ', expected: TYPES.join(', '), received: received(header.typ) };
  return 'crit' in header ? { refusal: 'crit asks for an extension', about: 'crit', received: received(header.crit) } : undefined;
}

function findNameFault({ iss, sub, aud, jti }: AssertionClaims, { clientId, audiences }: Expected): Refusal | undefined {
  if (sub !== clientId) return { refusal: 'sub is not the client id', about: 'sub', expected: received(clientId), received: received(sub) };
  if (iss !== clientId) return { refusal: 'iss is not the client id', about: 'iss', expected: received(clientId), received: received(iss) };
  if (typeof jti !== 'string' || jti === '') return { refusal: 'jti is no text', about: 'jti', received: received(jti) };
  return findAudienceFault(aud, audiences, 'aud is neither the issuer nor the endpoint');
}

/** One audience, as a text or as a list of one, and of those that are expected. */
export function findAudienceFault(aud: unknown, audiences: readonly string[], refusal: string): Refusal | undefined {
  const audience = Array.isArray(aud) && aud.length === 1 ? aud[0] : aud;
  if (typeof audience === 'string' && audiences.includes(audience)) return undefined;
  const told = { about: 'aud', expected: audiences.join(', '), received: received(aud) };
  return { refusal: Array.isArray(aud) && aud.length !== 1 ? 'aud names several audiences, or none' : refusal, ...told };
}

/** @param mostSeconds that it may live for, from when it says that it was made, or else from now */
export function findMomentFault({ iat, exp, nbf }: AssertionClaims, mostSeconds = LONGEST_ASSERTION_SECONDS): Refusal | undefined {
  const now = Math.floor(Date.now() / 1000);
  const fault = (about: string, value: unknown, refusal: string, expected?: string): Refusal => ({
    ...{ refusal, about, received: received(value) },
    ...(expected === undefined ? {} : { expected }),
  });
  if (exp === undefined) return fault('exp', exp, 'exp is missing');
  for (const [name, moment] of Object.entries({ iat, exp, nbf }))
    if (moment !== undefined && !Number.isFinite(moment)) return fault(name, moment, 'a moment is no finite number');
  const [earliest, latest] = [now - CLOCK_TOLERANCE_SECONDS, now + CLOCK_TOLERANCE_SECONDS];
  if (Number(exp) <= earliest) return fault('exp', exp, 'the assertion has expired', `after ${now}`);
  if (Number(nbf ?? 0) > latest) return fault('nbf', nbf, 'the assertion is not valid yet', `before ${now}`);
  if (Number(iat ?? 0) > latest) return fault('iat', iat, 'the assertion comes from the future', `before ${now}`);
  const seconds = Number(exp) - Math.min(Number(iat ?? now), now);
  if (seconds <= mostSeconds + CLOCK_TOLERANCE_SECONDS) return undefined;
  return { refusal: 'the assertion lives for too long', about: 'exp', expected: `${mostSeconds} seconds`, received: `${seconds} seconds` };
}

function isAssertionType(typ: unknown): boolean {
  if (typ === undefined) return true;
  return typeof typ === 'string' && TYPES.includes(typ.toLowerCase().replace(/^application\//, ''));
}
