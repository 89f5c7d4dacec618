import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { promisify } from 'node:util';
import { keyFor, type PublicJwks } from '../clients/keys/public-jwks.js';
import { exponentOf } from '../clients/keys/public-key.js';
import { complementKey, decoyKey, isRsa } from './decoy-keys.js';

/** In the thread pool, where the signature itself is checked: of 8,192 bits it takes a millisecond. */
const verifyAside = promisify(verify) as (hash: string, data: Buffer, key: KeyObject, signature: Buffer) => Promise<boolean>;

/** What an assertion says of its signature. */
export interface AssertionMark {
  /** One of those in which assertions are signed. */
  alg: string;
  kid?: unknown;
  signature: Buffer;
}

/** The key that the signature of an assertion is checked against. */
export interface AssertionKey {
  jwk: Record<string, string>;
  /** Whether it is the client's own; what another one verifies proves nothing. */
  isOwn: boolean;
}

/**
 * The one key that an assertion is checked against: the client's own, or one that is nobody's, with work that hangs on what was sent
 * alone. So nobody learns from the time whether a client exists, or which keys it has.
 * @param jwks of the client; absent when it may not sign with a key of its own
 */
export async function assertionKey(jwks: PublicJwks | undefined, mark: AssertionMark): Promise<AssertionKey> {
  const { alg, signature } = mark;
  const decoy = await decoyKey(alg, signature.length);
  // Whoever has no keys has the decoy looked at in their place: looking takes time as well.
  const found = keyFor(jwks ?? { keys: [decoy] }, mark);
  const isPossible = found !== undefined && (!isRsa(alg) || isPossibleSignature(signature, found));
  const isOwn = isPossible && jwks !== undefined;
  const jwk = isOwn ? found : decoy;
  if (isRsa(alg)) await spendTheRest(exponentOf(jwk), signature);
  return { jwk, isOwn };
}

/** OpenSSL refuses a signature of another length than the modulus, or that is not below it, at once. */
function isPossibleSignature(signature: Buffer, { n = '' }: Record<string, string>): boolean {
  const modulus = Buffer.from(n, 'base64url');
  return modulus.length === signature.length && signature.compare(modulus) < 0;
}

async function spendTheRest(exponent: number, signature: Buffer): Promise<void> {
  const key = createPublicKey({ key: complementKey(exponent, signature.length), format: 'jwk' });
  await verifyAside('sha256', signature, key, signature);
}
