import { createPublicKey } from 'node:crypto';
import { isOfLargeOrder, isSafePoint } from './edwards-point.js';

/** A JSON Web Key whose members that say nothing were left out. @see https://www.rfc-editor.org/rfc/rfc7517#section-4 */
export type Jwk = Readonly<Record<string, unknown>>;

const LEAST_RSA_BITS = 2048;
const MOST_RSA_BITS = 8192;
const LEAST_EXPONENT = 65_537;
const MOST_EXPONENT = 2 ** 32 - 1;
const LONGEST_KID = 200;
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];
/** What a key says of itself. */
const LABELS = ['kid', 'alg', 'use'];
/** Names the one certificate of the key that counts. @see https://www.rfc-editor.org/rfc/rfc7517#section-4.9 */
export const PIN = 'x5t#S256';
const PIN_BYTES = 32;
/** @see https://www.rfc-editor.org/rfc/rfc7468#section-10 */
const PRIVATE_PEM = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;
const ENCRYPTION_OPERATIONS = ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey', 'deriveKey', 'deriveBits'];
const ENCRYPTION_ALGORITHM = /^(RSA-OAEP|RSA1_5|ECDH-ES)/;

interface Kind {
  algorithms: readonly string[];
  /** What the key is made of: each member, with its length in bytes where that is fixed. */
  members: Readonly<Record<string, number | undefined>>;
}

const KINDS = new Map<string, Kind>([
  ['EC P-256', { algorithms: ['ES256'], members: { x: 32, y: 32 } }],
  ['EC P-384', { algorithms: ['ES384'], members: { x: 48, y: 48 } }],
  ['OKP Ed25519', { algorithms: ['EdDSA', 'Ed25519'], members: { x: 32 } }],
  ['RSA', { algorithms: ['RS256', 'RS384', 'RS512', 'PS256'], members: { n: undefined, e: undefined } }],
]);

/** A key without the members that say nothing: .NET and others write `null`, `""` and `[]` for what is absent. */
export function withoutEmpty(jwk: object): Jwk {
  const isEmpty = (value: unknown) => value === null || value === '' || (Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(jwk).filter(([, value]) => !isEmpty(value)));
}

/** The private member that a key holds, which is to say that it has leaked. */
export function findPrivateMember(jwk: Jwk): string | undefined {
  return PRIVATE_MEMBERS.find((member) => jwk[member] !== undefined);
}

/** Whether a private key stands anywhere in a value, which is to say that it has leaked. */
export function holdsPrivateKey(value: unknown): boolean {
  if (typeof value === 'string') return PRIVATE_PEM.test(value);
  if (typeof value !== 'object' || value === null) return false;
  const isOne = 'kty' in value && findPrivateMember(withoutEmpty(value)) !== undefined;
  return isOne || Object.values(value).some(holdsPrivateKey);
}

/** Whether a key says of itself that it is for encryption: it is nobody's who signs. */
export function isForEncryption({ use, alg, key_ops: operations }: Jwk): boolean {
  if (use !== undefined) return use === 'enc';
  if (typeof alg === 'string' && ENCRYPTION_ALGORITHM.test(alg)) return true;
  return Array.isArray(operations) && !operations.includes('verify') && operations.some((name) => ENCRYPTION_OPERATIONS.includes(name));
}

/** Whether signatures by an algorithm may be those of a key. `EdDSA` and `Ed25519` are two names of one. @see https://www.rfc-editor.org/rfc/rfc9864 */
export function fitsAlgorithm(jwk: Jwk, algorithm: string): boolean {
  const algorithms = kindOf(jwk)?.algorithms ?? [];
  return algorithms.includes(algorithm) && (jwk.alg === undefined || comparableName(jwk.alg) === comparableName(algorithm));
}

/** The algorithms in which a key may have signed. */
export function algorithmsOf(jwk: Jwk): string[] {
  return (kindOf(jwk)?.algorithms ?? []).filter((algorithm) => fitsAlgorithm(jwk, algorithm));
}

function comparableName(algorithm: unknown): unknown {
  return algorithm === 'Ed25519' ? 'EdDSA' : algorithm;
}

function kindOf({ kty, crv }: Jwk): Kind | undefined {
  if (kty === 'RSA') return KINDS.get('RSA');
  return typeof kty === 'string' && typeof crv === 'string' ? KINDS.get(`${kty} ${crv}`) : undefined;
}

/** What a key is made of and nothing else: the same text for the same key, however it was written. */
export function materialOf(jwk: Jwk): Record<string, string> {
  const { kty, crv } = jwk;
  const members = Object.keys(kindOf(jwk)?.members ?? {}).map((member) => [member, bytesOf(jwk, member).toString('base64url')]);
  return Object.fromEntries([['kty', kty], ...(kty === 'RSA' ? [] : [['crv', crv]]), ...members]);
}

/** Whether a key names a certificate in a form that none is named in. */
export function isPinMalformed({ [PIN]: pin }: Jwk): boolean {
  if (pin === undefined) return false;
  const bytes = decode(pin);
  return bytes.length !== PIN_BYTES || bytes.toString('base64url') !== pin;
}

/** Of a sound key for signatures the members that are read here. */
export function usedMembersOf(jwk: Jwk): Jwk {
  // What has not the form of one may be anything, a secret too, and is not kept.
  const pin = isPinMalformed(jwk) ? [] : [PIN];
  const members = [...LABELS, ...pin, ...Object.keys(materialOf(jwk))];
  const used = Object.entries(jwk).filter(([member]) => members.includes(member));
  return { ...Object.fromEntries(used), ...(jwk.key_ops === undefined ? {} : { key_ops: ['verify'] }) };
}

/** The number or coordinate that a member holds. Zeros before a number count for nothing; a coordinate has a fixed length. */
function bytesOf(jwk: Jwk, member: string): Buffer {
  const bytes = decode(jwk[member]);
  return jwk.kty === 'RSA'
    ? bytes.subarray(
        Math.max(
          bytes.findIndex((byte) => byte !== 0),
          0,
        ),
      )
    : bytes;
}

function decode(value: unknown): Buffer {
  return Buffer.from(typeof value === 'string' ? value : '', 'base64url');
}

/**
 * Says what is wrong with a public key that signatures are to be checked with.
 * @param where names the key in the sentence
 * @returns a sentence that says what to change, undefined when all is well
 */
export function findKeyFault(jwk: Jwk, where: string): string | undefined {
  return findLabelFault(jwk, where) ?? findMaterialFault(jwk, where);
}

function findLabelFault(jwk: Jwk, where: string): string | undefined {
  const { alg, use, kid, key_ops: operations } = jwk;
  const { algorithms } = kindOf(jwk) ?? {};
  if (!algorithms) return `${where} must be an RSA key or one on the curve P-256, P-384 or Ed25519.`;
  if (alg !== undefined && !algorithms.includes(alg as string))
    return `${where} has an alg that does not fit: use ${algorithms.join(' or ')}.`;
  if (use !== undefined && use !== 'sig') return `${where} must be for signatures: use "sig".`;
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify')))
    return `${where} must allow "verify" in key_ops.`;
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > LONGEST_KID))
    return `${where} needs a kid of 1 to ${LONGEST_KID} characters.`;
  return undefined;
}

function findMaterialFault(jwk: Jwk, where: string): string | undefined {
  for (const [member, length] of Object.entries(kindOf(jwk)?.members ?? {})) {
    // One text for one number: what two readers would take for two keys is none.
    const bytes = bytesOf(jwk, member);
    if (bytes.toString('base64url') !== jwk[member])
      return `${where} must have ${member} in base64url, without padding, blanks or leading zeros.`;
    if (length !== undefined && bytes.length !== length) return `${where} must have ${length} bytes in ${member}.`;
  }
  return findWeakness(jwk, where) ?? (isValid(jwk) ? undefined : `${where} is not a valid public key.`);
}

/** Whether a point is on its curve. OpenSSL looks at that when it imports a key, except for Ed25519. */
function isValid(jwk: Jwk): boolean {
  if (jwk.kty === 'OKP') return isSafePoint(bytesOf(jwk, 'x'));
  try {
    createPublicKey({ key: materialOf(jwk), format: 'jwk' });
    return true;
  } catch {
    return false;
  }
}

/**
 * Says why anybody could make signatures for a key, or why checking one would take too long. Costs next to nothing: it is asked of
 * stored keys too, each time that one is used.
 */
export function findWeakness(jwk: Jwk, where = 'the key'): string | undefined {
  if (jwk.kty === 'OKP') return isOfLargeOrder(bytesOf(jwk, 'x')) ? undefined : `${where} is a point of small order, or none.`;
  if (jwk.kty !== 'RSA') return undefined;
  const modulus = bytesOf(jwk, 'n');
  const bits = modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24;
  const exponent = exponentOf(jwk);
  if (bits < LEAST_RSA_BITS || bits > MOST_RSA_BITS)
    return `${where} must have ${LEAST_RSA_BITS} to ${MOST_RSA_BITS} bits; 3072 are advised.`;
  if (!((modulus.at(-1) ?? 0) & 1)) return `${where} has an even modulus n, which no RSA key has.`;
  if (exponent < LEAST_EXPONENT || exponent > MOST_EXPONENT || exponent % 2 === 0)
    return `${where} must have an odd exponent e from ${LEAST_EXPONENT} to ${MOST_EXPONENT}: use ${LEAST_EXPONENT}, which is "AQAB".`;
  return undefined;
}

/** The public exponent of an RSA key; infinite when it is longer than any that is taken. */
export function exponentOf(jwk: Jwk): number {
  const bytes = bytesOf(jwk, 'e');
  return bytes.length > 4 ? Number.POSITIVE_INFINITY : Number.parseInt(bytes.toString('hex') || '0', 16);
}
