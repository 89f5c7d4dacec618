import type { KeyObject, X509Certificate } from 'node:crypto';
import { findWeakness, type Jwk } from '../keys/public-key.js';
import { type Element, MalformedDer, readElement, Tag } from './der.js';
import { oidOf, readSequence, unsignedOf, wholeBytesOf } from './der-values.js';

/** What a certificate says of the key that it is for. */
export interface SubjectKey {
  /** The SubjectPublicKeyInfo. */
  bytes: Buffer;
  /** Undefined where the key is of a kind that is not taken. @see https://www.rfc-editor.org/rfc/rfc7517 */
  jwk: Jwk | undefined;
}

const RSA = ['1.2.840.113549.1.1.1', '1.2.840.113549.1.1.10'];
const EC = '1.2.840.10045.2.1';
const ED25519 = '1.3.101.112';
/** By name alone: a curve that a certificate describes by itself may be one on which anybody knows the private key. */
const CURVES = new Map([
  ['1.2.840.10045.3.1.7', { crv: 'P-256', bytes: 32 }],
  ['1.3.132.0.34', { crv: 'P-384', bytes: 48 }],
  ['1.3.132.0.35', { crv: 'P-521', bytes: 66 }],
]);
const UNCOMPRESSED = 0x04;
const ED25519_BYTES = 32;

/** Reads a SubjectPublicKeyInfo. @throws {MalformedDer} @see https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.7 */
export function readSubjectKey(element: Element): SubjectKey {
  return { bytes: element.bytes, jwk: readJwk(element) };
}

function readJwk(element: Element): Jwk | undefined {
  return readSequence(element, (reader) => {
    const { algorithm, parameters } = readSequence(reader.next(Tag.SEQUENCE), (inner) => ({
      algorithm: oidOf(inner.next(Tag.OID)),
      parameters: inner.isAtEnd ? undefined : inner.next(),
    }));
    const key = wholeBytesOf(reader.next(Tag.BIT_STRING));
    if (RSA.includes(algorithm)) return rsaKey(key);
    if (algorithm === EC) return parameters?.tag === Tag.OID ? ecKey(oidOf(parameters), key) : undefined;
    return algorithm === ED25519 && parameters === undefined ? edwardsKey(key) : undefined;
  });
}

/** @see https://www.rfc-editor.org/rfc/rfc8017#appendix-A.1.1 */
function rsaKey(key: Buffer): Jwk {
  const [n, e] = readSequence(readElement(key, Tag.SEQUENCE), (reader) => [unsignedOf(reader.next()), unsignedOf(reader.next())] as const);
  return { kty: 'RSA', n: n.toString('base64url'), e: e.toString('base64url') };
}

/** @see https://www.rfc-editor.org/rfc/rfc5480#section-2.2 */
function ecKey(curve: string, point: Buffer): Jwk | undefined {
  const { crv, bytes } = CURVES.get(curve) ?? { crv: undefined, bytes: 0 };
  if (crv === undefined) return undefined;
  if (point[0] !== UNCOMPRESSED || point.length !== 1 + 2 * bytes) throw new MalformedDer('a point of a key has another length or form');
  const [x, y] = [point.subarray(1, 1 + bytes), point.subarray(1 + bytes)];
  return { kty: 'EC', crv, x: x.toString('base64url'), y: y.toString('base64url') };
}

function edwardsKey(key: Buffer): Jwk {
  if (key.length !== ED25519_BYTES) throw new MalformedDer('a key has another length');
  return { kty: 'OKP', crv: 'Ed25519', x: key.toString('base64url') };
}

/** A key that signatures are checked with, or words that go on from "the key": why those would prove nothing, or take too long to check. */
export type CheckedKey = { publicKey: KeyObject; fault?: undefined } | { fault: string };

/** Looks at the key of a certificate. @param x509 OpenSSL's reading of it */
export function checkKey({ key: { jwk }, x509 }: { key: SubjectKey; x509: X509Certificate }): CheckedKey {
  if (jwk === undefined) return { fault: 'is of another kind than RSA, P-256, P-384, P-521 and Ed25519' };
  const weakness = findWeakness(jwk, 'it');
  if (weakness !== undefined) return { fault: `is not sound: ${weakness.replace(/\.$/, '')}` };
  try {
    return { publicKey: x509.publicKey };
  } catch {
    return { fault: 'is no valid key' };
  }
}
