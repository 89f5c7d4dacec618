import { holdsSecret, SECRET_FAULT } from '../../platform/graphql/input-rules.js';
import {
  findKeyFault,
  findPrivateMember,
  findWeakness,
  fitsAlgorithm,
  holdsPrivateKey,
  isForEncryption,
  isPinMalformed,
  type Jwk,
  materialOf,
  usedMembersOf,
  withoutEmpty,
} from './public-key.js';

/** The public keys of a client. @see https://www.rfc-editor.org/rfc/rfc7517#section-5 */
export interface PublicJwks {
  keys: object[];
}

/** The JOSE algorithms in which a client may sign its assertions. */
export const ASSERTION_ALGORITHMS = ['ES256', 'ES384', 'RS256', 'RS384', 'RS512', 'PS256', 'EdDSA', 'Ed25519'] as const;

/** The JOSE algorithms in which a client may sign its DPoP proofs. */
export const PROOF_ALGORITHMS = ['ES256', 'EdDSA', 'Ed25519', 'RS256', 'PS256'] as const;

const NUMBERS = new Set(['n', 'e', 'x', 'y', 'x5c', 'x5t', 'x5t#S256']);
const LEAKED = 'A private key stands in it: give public keys alone, and make a new pair, for this one has been sent.';
const LARGEST_BYTES = 16 * 1024;
const MOST_KEYS = 10;

interface Entry {
  where: string;
  jwk: Jwk;
}

/**
 * Says what is wrong with a JWKS that a client wants to be known by. Keys for encryption may stand beside those for signatures:
 * they are passed over.
 * @returns a sentence that says what to change, undefined when all is well
 */
export function findJwksFault(value: unknown): string | undefined {
  const { keys, ...others } = (value ?? {}) as { keys?: unknown };
  if (!Array.isArray(keys) || keys.length === 0)
    return 'Give a JSON Web Key Set: an object whose member keys lists at least one public key.';
  if (keys.length > MOST_KEYS) return `Give at most ${MOST_KEYS} keys.`;
  if (sizeOf(value) > LARGEST_BYTES) return `Give a key set of at most ${LARGEST_BYTES} bytes.`;
  const broken = keys.findIndex((key) => typeof key !== 'object' || key === null || Array.isArray(key));
  if (broken >= 0) return `keys[${broken}] must be an object.`;
  if (holdsSecret(others)) return SECRET_FAULT;
  return findFaultOf(
    keys.map((key, index) => ({ where: `keys[${index}]`, jwk: withoutEmpty(key) })),
    others,
  );
}

/**
 * Says which key of a sound JWKS names a certificate in a form that none is named in. Left out, it would let any certificate of the key through.
 * @returns a sentence that says what to change, undefined when all is well
 */
export function findPinFault({ keys }: PublicJwks): string | undefined {
  const index = keys.map(withoutEmpty).findIndex((jwk) => !isForEncryption(jwk) && isPinMalformed(jwk));
  if (index < 0) return undefined;
  return `keys[${index}] must have the SHA-256 digest of its certificate in x5t#S256, in base64url without padding (43 characters), or none.`;
}

/** Of a sound JWKS what signatures are checked with: the rest may be anything, and is not kept. */
export function usedOf({ keys }: PublicJwks): PublicJwks {
  return {
    keys: keys
      .map(withoutEmpty)
      .filter((jwk) => !isForEncryption(jwk))
      .map(usedMembersOf),
  };
}

function findFaultOf(entries: readonly Entry[], others: object): string | undefined {
  const leaked = entries.find(({ jwk }) => findPrivateMember(jwk));
  if (leaked)
    return `${leaked.where} holds the private member ${findPrivateMember(leaked.jwk)}: give the public key alone, and make a new pair, for this one has been sent.`;
  if (holdsPrivateKey([entries, others])) return LEAKED;
  const signing = entries.filter(({ jwk }) => !isForEncryption(jwk));
  const told = entries.find(({ jwk }) => holdsSecret(withoutNumbers(jwk)));
  if (told) return `${told.where}: ${SECRET_FAULT}`;
  if (signing.length === 0) return 'Give at least one key for signatures: all of these are for encryption.';
  const faults = signing.map(({ jwk, where }) => findKeyFault(jwk, where));
  return faults.find((fault) => fault !== undefined) ?? findNameFault(signing) ?? findTwin(signing);
}

/** What somebody wrote of a key. A long number may have any form by chance. */
function withoutNumbers(jwk: Jwk): object {
  return Object.fromEntries(Object.entries(jwk).filter(([name]) => !NUMBERS.has(name)));
}

function findNameFault(signing: readonly Entry[]): string | undefined {
  const kids = signing.map(({ jwk }) => jwk.kid);
  if (signing.length > 1 && kids.includes(undefined)) return 'Give each of several keys a kid.';
  return new Set(kids).size < kids.length ? 'Give each key a kid of its own.' : undefined;
}

/** The same key under two names would live on when one of them is taken away. */
function findTwin(signing: readonly Entry[]): string | undefined {
  const seen = new Map<string, string>();
  for (const { jwk, where } of signing) {
    const material = JSON.stringify(materialOf(jwk));
    const twin = seen.get(material);
    if (twin !== undefined) return `${where} is the same key as ${twin}: give each key once.`;
    seen.set(material, where);
  }
  return undefined;
}

/** In bytes; of what is too deep to be written down, more than any. */
function sizeOf(value: unknown): number {
  try {
    return Buffer.byteLength(JSON.stringify(value));
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/**
 * The one key of a client that may have made a signature: with several that fit, the `kid` says which. Trying one after the other
 * would take a time that tells how many there are. A key that was stored before a rule was made is held to it here.
 */
export function keyFor({ keys }: PublicJwks, { alg, kid }: { alg: string; kid?: unknown }): Record<string, string> | undefined {
  const fitting = keys
    .map(withoutEmpty)
    .filter((jwk) => !isForEncryption(jwk) && fitsAlgorithm(jwk, alg) && (kid === undefined || jwk.kid === kid));
  const [jwk] = fitting;
  return jwk && fitting.length === 1 && findWeakness(jwk) === undefined ? materialOf(jwk) : undefined;
}
