import { generateKeyPair, type KeyObject, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';

const makePair = promisify(generateKeyPair) as (type: string, options: object) => Promise<{ publicKey: KeyObject }>;
const KINDS = new Map<string, [type: string, options: object]>([
  ['ES256', ['ec', { namedCurve: 'P-256' }]],
  ['ES384', ['ec', { namedCurve: 'P-384' }]],
  ['EdDSA', ['ed25519', {}]],
  ['Ed25519', ['ed25519', {}]],
]);
const made = new Map<string, Promise<Record<string, string>>>();

const LEAST_RSA_BYTES = 256;
const MOST_RSA_BYTES = 1024;
const USUAL_EXPONENT = 65_537;
/** Bits of an exponent and of its complement together. */
const BITS_TOGETHER = 17 + 32;
const FILLING = randomBytes(MOST_RSA_BYTES).fill(0xff, 0, 8);

/** Whether the time of checking a signature hangs on the key, on its length and its exponent. */
export function isRsa(algorithm: string): boolean {
  return algorithm.startsWith('RS') || algorithm.startsWith('PS');
}

/**
 * A public key that is nobody's. An assertion that none of a client's keys may have made, or whose client does not exist, is
 * checked against it, so that its refusal takes the work of a wrong signature. What it verifies proves nothing: of some of these
 * keys anybody could find the private part.
 * @param algorithm one of those in which assertions are signed
 * @param signatureBytes an RSA key is as long as the signature: OpenSSL refuses others without any work
 */
export async function decoyKey(algorithm: string, signatureBytes: number): Promise<Record<string, string>> {
  if (isRsa(algorithm)) return rsaDecoy(signatureBytes, USUAL_EXPONENT);
  const kind = KINDS.get(algorithm) as [type: string, options: object];
  const key =
    made.get(algorithm) ?? makePair(...kind).then(({ publicKey }) => publicKey.export({ format: 'jwk' }) as Record<string, string>);
  made.set(algorithm, key);
  return key;
}

/**
 * An RSA key that takes long where another takes little. The work of a check grows with the bits of the exponent; done with both,
 * it is the same whatever the client's is.
 * @param exponent of the other: 17 to 32 bits
 */
export function complementKey(exponent: number, signatureBytes: number): Record<string, string> {
  const bits = 32 - Math.clz32(exponent);
  return rsaDecoy(signatureBytes, 2 ** (BITS_TOGETHER - bits - 1) + 1);
}

/** The modulus is larger than all but one in 2^64 signatures of its length: OpenSSL refuses larger ones without any work, too. */
function rsaDecoy(signatureBytes: number, exponent: number): Record<string, string> {
  const length = signatureBytes >= LEAST_RSA_BYTES && signatureBytes <= MOST_RSA_BYTES ? signatureBytes : LEAST_RSA_BYTES;
  const modulus = Buffer.from(FILLING.subarray(0, length));
  modulus[length - 1] = (modulus[length - 1] as number) | 1;
  const e = Buffer.from(exponent.toString(16).padStart(8, '0'), 'hex');
  return { kty: 'RSA', n: modulus.toString('base64url'), e: e.subarray(e.findIndex((byte) => byte !== 0)).toString('base64url') };
}
