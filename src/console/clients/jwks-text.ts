import { isPem, readPem } from './pem-key.js';

const FORM = 'Paste a JWKS: {"keys": [ … ]}, or one certificate or public key in PEM.';
const PRIVATE =
  'This is a private key, which belongs to the application alone. It was not sent. Paste the certificate or the public key without it.';
const PRIVATE_PEM = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/;
/** @see https://www.rfc-editor.org/rfc/rfc7518#section-6 */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];

type KeySet = Record<string, unknown> & { keys: unknown[] };

/** Reads public keys that somebody pasted, a JWKS or PEM; what they are worth is the server's to say. A private one never gets there. */
export function parseJwks(text: string): { jwks: KeySet | null; fault: string | null } {
  if (PRIVATE_PEM.test(text)) return { jwks: null, fault: PRIVATE };
  if (!isPem(text)) return parseSet(text);
  const read = readPem(text);
  return read.fault === undefined ? { jwks: { keys: [read.jwk] }, fault: null } : { jwks: null, fault: read.fault };
}

function parseSet(text: string): ReturnType<typeof parseJwks> {
  const value = parse(text);
  if (holdsPrivateKey(value)) return { jwks: null, fault: PRIVATE };
  const isSet = typeof value === 'object' && value !== null && 'keys' in value && Array.isArray(value.keys);
  return isSet ? { jwks: value as KeySet, fault: null } : { jwks: null, fault: FORM };
}

/** Whether a private key stands anywhere in a value: in a set, or pasted alone. */
function holdsPrivateKey(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const isOne = 'kty' in value && PRIVATE_MEMBERS.some((name) => Boolean((value as Record<string, unknown>)[name]));
  return isOne || Object.values(value).some(holdsPrivateKey);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
