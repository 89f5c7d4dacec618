import { holdsSecret, SECRET_FAULT } from '../../platform/graphql/input-rules.js';
import { findForeignJwksFault } from '../keys/foreign-jwks.js';

/** The JOSE algorithms in which the tokens of an issuer may be signed: none whose key its readers would have as well, and never `none`. */
export const ISSUER_ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'ES256', 'ES384', 'EdDSA'] as const;
/** Those of nearly all of them. */
export const USUAL_ALGORITHMS: readonly string[] = ['RS256', 'ES256'];

const LONGEST_URL = 500;
/** A trust domain: its tokens have no issuer of their own. @see https://github.com/spiffe/spiffe/blob/main/standards/JWT-SVID.md */
const SPIFFE_DOMAIN = /^spiffe:\/\/[a-z0-9._-]{1,255}$/;

/** From where the keys of an issuer are to come. */
export interface GivenKeys {
  jwksUri?: string | null | undefined;
  jwks?: object | null | undefined;
}

/** Whether a text can name an issuer: a URL as OpenID Connect Discovery has it, or a SPIFFE trust domain. */
export function isIssuerName(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  return SPIFFE_DOMAIN.test(value) || (isHttpUrl(value) && !/[?#]/.test(value));
}

/** Whether an issuer is a SPIFFE trust domain. */
export function isTrustDomain(issuer: string): boolean {
  return SPIFFE_DOMAIN.test(issuer);
}

/** Whether a text is a URL of http or https that names no user, as it is written in a request: of printable ASCII. */
export function isHttpUrl(value: unknown): value is string {
  const url = typeof value === 'string' && value.length <= LONGEST_URL ? URL.parse(value) : null;
  return (
    url !== null && /^https?:$/.test(url.protocol) && !/[^\x21-\x7E]/.test(value as string) && url.username === '' && url.password === ''
  );
}

/**
 * Says what is wrong with where the keys of an issuer are to come from, beside what is wrong with each of these by itself.
 * @returns the field and a sentence that says what to change, undefined when all is well
 */
export function findKeysFault(issuer: string, { jwksUri, jwks }: GivenKeys): { path: string; message: string } | undefined {
  if (jwksUri != null && jwks != null) return { path: 'input.jwks', message: 'Give jwksUri or jwks, and not both.' };
  if (jwksUri == null && jwks == null && isTrustDomain(issuer))
    return {
      path: 'input.jwksUri',
      message: 'A trust domain does not describe itself: give the address of its bundle, or its keys as jwks.',
    };
  return undefined;
}

/** Says what is wrong with keys that are given for an issuer. */
export function findGivenKeysFault(value: unknown): string | undefined {
  return findForeignJwksFault(value) ?? (holdsSecret(JSON.stringify(withoutNumbers(value))) ? SECRET_FAULT : undefined);
}

/** What somebody wrote of keys: long numbers may have any form by chance. */
function withoutNumbers(value: unknown): unknown {
  const numbers = new Set(['n', 'e', 'x', 'y', 'x5c', 'x5t', 'x5t#S256']);
  return JSON.parse(JSON.stringify(value, (name, inner) => (numbers.has(name) ? undefined : inner)));
}
