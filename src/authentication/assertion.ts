import { decodeJwt, decodeProtectedHeader } from 'jose';
import { CLIENT_ID_FORM } from '../clients/client.input.js';
import type { AssertionClaims, AssertionHeader } from './assertion-claims.js';

/** An assertion as it was sent, and what it says, before anything of it is proved. */
export interface Assertion {
  text: string;
  header: AssertionHeader;
  claims: AssertionClaims;
}

/** A trust domain, at the beginning of what names one of its workloads. @see https://github.com/spiffe/spiffe/blob/main/standards/JWT-SVID.md */
const TRUST_DOMAIN = /^spiffe:\/\/[^/]+/;

/** Any that is meant has fewer; whoever goes through more of them fails. */
const MOST_LEVELS = 20;

/** Reads an assertion; undefined when it is none: also where what it is signed in is no text, or something is in too much else. */
export function readAssertion(text: string): Assertion | undefined {
  try {
    const assertion = { text, header: decodeProtectedHeader(text), claims: decodeJwt(text) };
    const { header, claims } = assertion;
    return typeof header.alg === 'string' && !isDeeper(header, MOST_LEVELS) && !isDeeper(claims, MOST_LEVELS) ? assertion : undefined;
  } catch {
    return undefined;
  }
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((one) => isDeeper(one, levels - 1));
}

/**
 * Whose token an assertion is that the client did not sign itself: who issues tokens for others has a URL for a name, which is no client id. A
 * token of a SPIFFE trust domain need not name it.
 * @returns undefined where the client signed it itself, or nobody says who did
 */
export function issuerOf({ iss, sub }: AssertionClaims): string | undefined {
  if (iss === undefined) return typeof sub === 'string' ? TRUST_DOMAIN.exec(sub)?.[0] : undefined;
  return typeof iss === 'string' && !CLIENT_ID_FORM.test(iss) && iss !== '' ? iss : undefined;
}
