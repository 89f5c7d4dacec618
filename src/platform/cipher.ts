import { createCipheriv, createDecipheriv, createHmac, createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto';

/** What names an encryption key. */
export const KEY_ID = /^[0-9a-f]{16}$/;

const IV_BYTES = 12;
const TAG_BYTES = 16;

/** The keys that are derived from one `ENCRYPTION_KEY`, each for one use. */
interface DerivedKeys {
  digest: KeyObject;
  lookup: KeyObject;
  encryption: Buffer;
  backup: KeyObject;
}

/**
 * What is done with `ENCRYPTION_KEY`. The key itself never leaves this class: each use has a key of
 * its own, derived by HKDF-SHA-256, so that a stolen database is worth nothing without it. What an
 * earlier key protects can be read while that key is given too; all that is new is made with the current one.
 * @see https://www.rfc-editor.org/rfc/rfc5869
 */
export class Cipher {
  /** Names the current key without revealing it: 16 hexadecimal digits, stored beside all that it protects. */
  readonly keyId: string;
  /** Names of all keys at hand, the current one first. */
  readonly keyIds: readonly string[];
  readonly #keys: ReadonlyMap<string, DerivedKeys>;

  /**
   * @param current 32 random bytes
   * @param previous the key before it, while rows made with that one remain
   */
  constructor(current: Buffer, previous?: Buffer) {
    const keys = previous ? [current, previous] : [current];
    this.#keys = new Map(keys.map((key) => [keyIdOf(key), deriveKeys(key)]));
    this.keyIds = [...this.#keys.keys()];
    this.keyId = keyIdOf(current);
  }

  /**
   * HMAC-SHA-256 of a text, 32 bytes.
   * @param keyId of the key to use; one that is not at hand gives what the current one gives
   */
  mac(text: string, keyId = this.keyId): Buffer {
    const { digest } = this.#keys.get(keyId) ?? this.#current;
    return createHmac('sha256', digest).update(text).digest();
  }

  /** HMAC-SHA-256 of a text for finding the row that it belongs to: base64, under a key of its own. */
  lookupMac(text: string, keyId = this.keyId): string {
    const { lookup } = this.#keys.get(keyId) ?? this.#current;
    return createHmac('sha256', lookup).update(text).digest('base64');
  }

  /**
   * HMAC-SHA-256 of a piece of a backup, 32 bytes, under a key of its own.
   * @param previous that of the piece before it, always of one length
   * @param keyId of a key that is at hand
   */
  backupMac(previous: string, piece: Buffer, keyId: string): Buffer {
    const keys = this.#keys.get(keyId);
    if (!keys) throw new Error(`the encryption key ${keyId} is not at hand`);
    return createHmac('sha256', keys.backup).update(previous).update(piece).digest();
  }

  /**
   * AES-256-GCM under the current key.
   * @param context what the text belongs to; the same must be given to decrypt it
   * @returns base64 of iv, tag and ciphertext
   */
  encrypt(text: string, context: string): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#current.encryption, iv).setAAD(Buffer.from(context));
    const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), ciphertext]).toString('base64');
  }

  /**
   * Reverses {@link encrypt}.
   * @param keyId of the key that it was encrypted with
   * @throws when the key is not at hand, or when it, the context or a single bit differs
   */
  decrypt(encrypted: string, context: string, keyId = this.keyId): string {
    const keys = this.#keys.get(keyId);
    if (!keys) throw new Error(`the encryption key ${keyId} is not at hand`);
    const bytes = Buffer.from(encrypted, 'base64');
    const decipher = createDecipheriv('aes-256-gcm', keys.encryption, bytes.subarray(0, IV_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
    return decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
  }

  get #current(): DerivedKeys {
    return this.#keys.get(this.keyId) as DerivedKeys;
  }
}

function keyIdOf(key: Buffer): string {
  return derive(key, 'key id').subarray(0, 8).toString('hex');
}

function deriveKeys(key: Buffer): DerivedKeys {
  return {
    digest: createSecretKey(derive(key, 'client secret digest')),
    lookup: createSecretKey(derive(key, 'client secret lookup')),
    encryption: derive(key, 'encryption at rest'),
    backup: createSecretKey(derive(key, 'backup authentication')),
  };
}

function derive(key: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, '', `latchkey ${purpose}`, 32));
}
