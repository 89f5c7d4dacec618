import { createCipheriv, createDecipheriv, createHmac, createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto';

const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * What is done with `ENCRYPTION_KEY`. The key itself never leaves this class: each use has a key of
 * its own, derived by HKDF-SHA-256, so that a stolen database is worth nothing without it.
 * @see https://www.rfc-editor.org/rfc/rfc5869
 */
export class Cipher {
  /** Names the key without revealing it: 16 hexadecimal digits, stored beside all that it protects. */
  readonly keyId: string;
  readonly #macKey: KeyObject;
  readonly #encryptionKey: Buffer;

  /** @param key 32 random bytes */
  constructor(key: Buffer) {
    this.keyId = derive(key, 'key id').subarray(0, 8).toString('hex');
    this.#macKey = createSecretKey(derive(key, 'client secret digest'));
    this.#encryptionKey = derive(key, 'encryption at rest');
  }

  /** HMAC-SHA-256 of a text, 32 bytes. */
  mac(text: string): Buffer {
    return createHmac('sha256', this.#macKey).update(text).digest();
  }

  /**
   * AES-256-GCM.
   * @param context what the text belongs to; the same must be given to decrypt it
   * @returns base64 of iv, tag and ciphertext
   */
  encrypt(text: string, context: string): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#encryptionKey, iv).setAAD(Buffer.from(context));
    const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), ciphertext]).toString('base64');
  }

  /**
   * Reverses {@link encrypt}.
   * @throws when the key, the context or a single bit differs
   */
  decrypt(encrypted: string, context: string): string {
    const bytes = Buffer.from(encrypted, 'base64');
    const decipher = createDecipheriv('aes-256-gcm', this.#encryptionKey, bytes.subarray(0, IV_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
    return decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
  }
}

function derive(key: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, '', `latchkey ${purpose}`, 32));
}
