import { constants, type KeyObject, type VerifyKeyObjectInput, verify } from 'node:crypto';
import { promisify } from 'node:util';

/** Up to so many bits RSA takes less time than to hand the work to another thread and back. */
const SHORT_RSA_BITS = 4096;

/** In the thread pool: an RSA signature of 8,192 bits takes a millisecond. */
const verifyAside = promisify(verify) as (
  hash: string | null,
  data: Buffer,
  key: VerifyKeyObjectInput,
  signature: Buffer,
) => Promise<boolean>;

/** Of each JOSE algorithm the digest, and how the signature is written. @see https://www.rfc-editor.org/rfc/rfc7518#section-3 */
const WAYS: Readonly<Record<string, { hash: string | null } & Omit<VerifyKeyObjectInput, 'key'>>> = {
  RS256: { hash: 'sha256' },
  RS384: { hash: 'sha384' },
  RS512: { hash: 'sha512' },
  PS256: { hash: 'sha256', padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
  ES256: { hash: 'sha256', dsaEncoding: 'ieee-p1363' },
  ES384: { hash: 'sha384', dsaEncoding: 'ieee-p1363' },
  EdDSA: { hash: null },
  Ed25519: { hash: null },
};

/**
 * Whether a key made the signature of a JWS in its compact form.
 * @param alg one of those in which tokens of trusted issuers are signed, which the key is for
 */
export async function isSignedBy(key: KeyObject, alg: string, jws: string): Promise<boolean> {
  const { hash, ...options } = WAYS[alg] as (typeof WAYS)[string];
  const end = jws.lastIndexOf('.');
  const signature = Buffer.from(jws.slice(end + 1), 'base64url');
  const data = Buffer.from(jws.slice(0, end));
  const isLong = (key.asymmetricKeyDetails?.modulusLength ?? 0) > SHORT_RSA_BITS;
  return isLong
    ? verifyAside(hash, data, { key, ...options }, signature).catch(() => false)
    : verify(hash, data, { key, ...options }, signature);
}
