import { constants, type KeyObject, type VerifyKeyObjectInput, verify } from 'node:crypto';
import { promisify } from 'node:util';
import { fromJoseSignature } from '../keys/jose-signature.js';

/** Up to so many bits RSA takes less time than to hand the work to another thread and back. */
const SHORT_RSA_BITS = 4096;

/** A public key that signatures are checked with, and what is not to be found out for each of them. */
export interface CheckingKey {
  key: KeyObject;
  isLong: boolean;
}

/** In the thread pool: an RSA signature of 8,192 bits takes a millisecond. */
const verifyAside = promisify(verify) as (
  hash: string | null,
  data: Buffer,
  key: KeyObject | VerifyKeyObjectInput,
  signature: Buffer,
) => Promise<boolean>;

/** How signatures are made by an algorithm. */
interface Way {
  hash: string | null;
  options?: Omit<VerifyKeyObjectInput, 'key'>;
  /** Of those that are two numbers one after the other: how many bytes each has. */
  numberBytes?: number;
}

/** Of each JOSE algorithm. @see https://www.rfc-editor.org/rfc/rfc7518#section-3 */
const WAYS: Readonly<Record<string, Way>> = {
  RS256: { hash: 'sha256' },
  RS384: { hash: 'sha384' },
  RS512: { hash: 'sha512' },
  PS256: { hash: 'sha256', options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST } },
  ES256: { hash: 'sha256', numberBytes: 32 },
  ES384: { hash: 'sha384', numberBytes: 48 },
  EdDSA: { hash: null },
  Ed25519: { hash: null },
};

/** Makes one. */
export function checkingKey(key: KeyObject): CheckingKey {
  return { key, isLong: (key.asymmetricKeyDetails?.modulusLength ?? 0) > SHORT_RSA_BITS };
}

/**
 * Whether a key made the signature of a JWS in its compact form.
 * @param alg one of those in which tokens of trusted issuers are signed, which the key is for
 */
export async function isSignedBy({ key, isLong }: CheckingKey, alg: string, jws: string): Promise<boolean> {
  const { hash, options, numberBytes } = WAYS[alg] as Way;
  const end = jws.lastIndexOf('.');
  const written = Buffer.from(jws.slice(end + 1), 'base64url');
  const data = Buffer.from(jws.slice(0, end));
  if (numberBytes !== undefined && written.length !== 2 * numberBytes) return false;
  const signature = numberBytes === undefined ? written : fromJoseSignature(written);
  // Without options the key itself is given, and the numbers as OpenSSL has them: either saves ten microseconds.
  const by = options ? { key, ...options } : key;
  return isLong ? verifyAside(hash, data, by, signature).catch(() => false) : verify(hash, data, by, signature);
}
