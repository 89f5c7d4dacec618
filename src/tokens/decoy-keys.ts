import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';

const makePair = promisify(generateKeyPair) as (type: string, options: object) => Promise<{ publicKey: KeyObject }>;
const KINDS = new Map<string, [type: string, options: object]>([
  ['ES256', ['ec', { namedCurve: 'P-256' }]],
  ['ES384', ['ec', { namedCurve: 'P-384' }]],
  ['RS256', ['rsa', { modulusLength: 2048 }]],
  ['PS256', ['rsa', { modulusLength: 2048 }]],
  ['EdDSA', ['ed25519', {}]],
  ['Ed25519', ['ed25519', {}]],
]);
const made = new Map<string, Promise<object>>();

/**
 * Public keys whose private part nobody has. An assertion of a client that does not exist is checked
 * against them, so that its refusal takes the work of a wrong signature.
 */
export async function decoyKeys(algorithm: string): Promise<object[]> {
  const kind = KINDS.get(algorithm);
  if (!kind) return [];
  const key = made.get(algorithm) ?? makePair(...kind).then(({ publicKey }) => publicKey.export({ format: 'jwk' }));
  made.set(algorithm, key);
  return [await key];
}
