import type { PublicJwks } from './public-jwks.js';
import {
  findKeyFault,
  findPrivateMember,
  holdsPrivateKey,
  isForEncryption,
  isPinMalformed,
  type Jwk,
  PIN,
  usedMembersOf,
  withoutEmpty,
} from './public-key.js';

/** The keys of somebody else, of which only some are for the signatures that are checked here. */
export const MOST_FOREIGN_KEYS = 100;
const LARGEST_GIVEN_BYTES = 64 * 1024;
/** What the keys of a SPIFFE bundle are for. @see https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE_Trust_Domain_and_Bundle.md */
const FOR_TOKENS = 'jwt-svid';
const FOR_CERTIFICATES = 'x509-svid';
/** In place of the name of a certificate that has not the form of one: it is that of none. */
const NO_CERTIFICATE = 'none';

/**
 * Says what is wrong with the key set of an issuer that somebody gives.
 * @returns a sentence that says what to change, undefined when all is well
 */
export function findForeignJwksFault(value: unknown): string | undefined {
  const { keys } = (value ?? {}) as { keys?: unknown };
  if (!Array.isArray(keys)) return 'Give a JSON Web Key Set: an object whose member keys lists at least one public key.';
  if (keys.length > MOST_FOREIGN_KEYS) return `Give at most ${MOST_FOREIGN_KEYS} keys.`;
  if (Buffer.byteLength(JSON.stringify(value)) > LARGEST_GIVEN_BYTES) return `Give a key set of at most ${LARGEST_GIVEN_BYTES} bytes.`;
  if (holdsPrivateKey(value))
    return 'A private key stands in it: give public keys alone, and have a new pair made, for this one has been sent.';
  return keys.some((key) => usableKey(key) !== undefined) ? undefined : 'None of the keys is one for signatures that can be checked here.';
}

/** Of a key set those keys that signatures can be checked with, with what is needed of each: whatever else is in it is passed over. */
export function usableKeys({ keys }: { keys: readonly unknown[] }): PublicJwks {
  return { keys: keys.map(usableKey).filter((key) => key !== undefined) };
}

/** A key as far as signatures are checked with it; undefined when none is, and when whoever reads it could sign with it. */
export function usableKey(value: unknown): Jwk | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { use, ...others } = withoutEmpty(value);
  if (use === FOR_CERTIFICATES) return undefined;
  const jwk: Jwk = { ...others, ...(use === undefined ? {} : { use: use === FOR_TOKENS ? 'sig' : use }) };
  if (isForEncryption(jwk) || findPrivateMember(jwk) || findKeyFault(jwk, '') !== undefined) return undefined;
  return { ...usedMembersOf(jwk), ...(isPinMalformed(jwk) ? { [PIN]: NO_CERTIFICATE } : {}) };
}
