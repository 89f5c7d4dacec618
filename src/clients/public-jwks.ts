import { createPublicKey } from 'node:crypto';

/** The public keys of a client. @see https://www.rfc-editor.org/rfc/rfc7517#section-5 */
export interface PublicJwks {
  keys: object[];
}

/** The JOSE algorithms in which a client may sign its assertions. */
export const ASSERTION_ALGORITHMS = ['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA', 'Ed25519'] as const;

/** The JOSE algorithms in which a client may sign its DPoP proofs. */
export const PROOF_ALGORITHMS = ['ES256', 'EdDSA', 'Ed25519', 'RS256', 'PS256'] as const;

const LARGEST_BYTES = 16 * 1024;
const MOST_KEYS = 10;
const LEAST_RSA_BITS = 2048;
const MOST_RSA_BITS = 8192;
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];
const ALGORITHMS = new Map<string, readonly string[]>([
  ['EC P-256', ['ES256']],
  ['EC P-384', ['ES384']],
  ['OKP Ed25519', ['EdDSA', 'Ed25519']],
  ['RSA', ['RS256', 'PS256']],
]);

/**
 * Says what is wrong with a JWKS that a client wants to be known by.
 * @returns a sentence that says what to change, undefined when all is well
 */
export function findJwksFault(value: unknown): string | undefined {
  const { keys } = (value ?? {}) as { keys?: unknown };
  if (!Array.isArray(keys) || keys.length === 0)
    return 'Give a JSON Web Key Set: an object whose member keys lists at least one public key.';
  if (keys.length > MOST_KEYS) return `Give at most ${MOST_KEYS} keys.`;
  if (sizeOf(value) > LARGEST_BYTES) return `Give a key set of at most ${LARGEST_BYTES} bytes.`;
  const kids = keys.map((key) => key?.kid);
  if (keys.length > 1 && kids.includes(undefined)) return 'Give each of several keys a kid.';
  if (new Set(kids).size < kids.length) return 'Give each key a kid of its own.';
  return keys.map(findKeyFault).find((fault) => fault !== undefined);
}

/** In bytes; of what is too deep to be written down, more than any. */
function sizeOf(value: unknown): number {
  try {
    return Buffer.byteLength(JSON.stringify(value));
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** The keys of a client that may have made a signature. */
export function keysFor({ keys }: PublicJwks, { alg, kid }: { alg: string; kid?: string | undefined }): object[] {
  return keys.filter((jwk) => {
    const key = jwk as Record<string, unknown>;
    const fitsAlgorithm = key.alg === undefined ? algorithmsOf(key).includes(alg) : key.alg === alg;
    return fitsAlgorithm && (kid === undefined || key.kid === kid);
  });
}

function algorithmsOf({ kty, crv }: Record<string, unknown>): readonly string[] {
  return ALGORITHMS.get(kty === 'RSA' ? 'RSA' : `${kty} ${crv}`) ?? [];
}

function findKeyFault(jwk: unknown, index: number): string | undefined {
  const where = `keys[${index}]`;
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) return `${where} must be an object.`;
  const { alg, use, kid, key_ops: operations } = jwk as Record<string, unknown>;
  const secret = PRIVATE_MEMBERS.find((member) => member in jwk);
  if (secret)
    return `${where} holds the private member ${secret}: give the public key alone, and make a new pair, for this one has been sent.`;
  const algorithms = algorithmsOf(jwk as Record<string, unknown>);
  if (algorithms.length === 0) return `${where} must be an RSA key or one on the curve P-256, P-384 or Ed25519.`;
  if (alg !== undefined && !algorithms.includes(alg as string))
    return `${where} has an alg that does not fit: use ${algorithms.join(' or ')}.`;
  if (use !== undefined && use !== 'sig') return `${where} must be for signatures: use "sig".`;
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify')))
    return `${where} must allow "verify" in key_ops.`;
  if (kid !== undefined && (typeof kid !== 'string' || kid === '' || kid.length > 200))
    return `${where} needs a kid of 1 to 200 characters.`;
  return findMaterialFault(jwk, where);
}

function findMaterialFault(jwk: object, where: string): string | undefined {
  try {
    const { asymmetricKeyDetails } = createPublicKey({ key: jwk as Record<string, string>, format: 'jwk' });
    const bits = asymmetricKeyDetails?.modulusLength ?? LEAST_RSA_BITS;
    return bits < LEAST_RSA_BITS || bits > MOST_RSA_BITS ? `${where} must have ${LEAST_RSA_BITS} to ${MOST_RSA_BITS} bits.` : undefined;
  } catch {
    return `${where} is not a valid public key.`;
  }
}
