import { randomBytes, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** A secret in the clear. It exists in the request that sends it and in the one response that shows it. */
export type PlainSecret = string & { readonly plain: unique symbol };

/** A secret as it is stored: base64 of an HMAC. */
export type SecretDigest = string & { readonly digest: unique symbol };

/** How digests are made; `platform/cipher` has the keys. */
export interface Mac {
  /** The keys at hand, the one in use first. */
  readonly keyIds: readonly string[];
  mac(text: string, keyId?: string): Buffer;
  lookupMac(text: string, keyId?: string): string;
}

/** A digest with the key that it was made with. */
export interface StoredDigest {
  digest: SecretDigest;
  keyId: string;
}

const PREFIX = 'lk_';
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const RANDOM_CHARACTERS = 43;
const CHECKSUM_CHARACTERS = 6;
const FORM = new RegExp(`^${PREFIX}[0-9A-Za-z]{${RANDOM_CHARACTERS + CHECKSUM_CHARACTERS}}$`);
const NO_DIGEST = Buffer.alloc(32);

/** Makes a secret: `lk_`, 256 random bits in 43 base62 characters, and 6 of their CRC-32. */
export function makeSecret(): PlainSecret {
  const body = PREFIX + randomCharacters();
  return (body + checksum(body)) as PlainSecret;
}

/** Whether a text can be a secret at all. What does not begin with `lk_` can: an administrator may have brought it. */
export function isPossibleSecret(text: string): text is PlainSecret {
  if (!text.startsWith(PREFIX)) return true;
  return FORM.test(text) && text.endsWith(checksum(text.slice(0, -CHECKSUM_CHARACTERS)));
}

/** The digest of a secret for one client: another client's same secret has another one. */
export function digestSecret(mac: Mac, clientRowId: string, secret: PlainSecret): SecretDigest {
  return mac.mac(clientRowId + secret).toString('base64') as SecretDigest;
}

/** What finds a secret's row when only the secret is known. It differs from tenant to tenant. */
export function lookupDigest(mac: Mac, tenantId: string, secret: PlainSecret, keyId?: string): string {
  return mac.lookupMac(tenantId + secret, keyId);
}

/**
 * Finds the digest of a client that a secret belongs to, in a time that does not depend on the answer.
 * @param candidates at most two; with none the work is the same
 */
export function matchSecret<T extends StoredDigest>(
  mac: Mac,
  clientRowId: string,
  secret: string,
  candidates: readonly T[],
): T | undefined {
  const given = mac.keyIds.map((keyId) => mac.mac(clientRowId + secret, keyId));
  const matches = [0, 1].map((index) => {
    const candidate = candidates[index];
    const keyIndex = candidate ? mac.keyIds.indexOf(candidate.keyId) : -1;
    const stored = Buffer.from(candidate?.digest ?? '', 'base64');
    const isDigest = stored.length === NO_DIGEST.length;
    return timingSafeEqual(given[Math.max(keyIndex, 0)] as Buffer, isDigest ? stored : NO_DIGEST) && isDigest && keyIndex >= 0;
  });
  return candidates[matches.indexOf(true)];
}

/** What may be shown of a secret later: its last four characters, which belong to the checksum. */
export function hintOf(secret: PlainSecret): string {
  return `…${secret.slice(-4)}`;
}

/** In plain numbers: it is made for every request that sends a secret. */
function checksum(body: string): string {
  let rest = crc32(body);
  let text = '';
  for (let index = 0; index < CHECKSUM_CHARACTERS; index += 1) {
    text = ALPHABET[rest % ALPHABET.length] + text;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return text;
}

function randomCharacters(): string {
  let rest = BigInt(`0x${randomBytes(32).toString('hex')}`);
  let text = '';
  for (let index = 0; index < RANDOM_CHARACTERS; index += 1) {
    text = ALPHABET[Number(rest % 62n)] + text;
    rest /= 62n;
  }
  return text;
}
