import { createPrivateKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { type EntityManager, MoreThan, Not } from 'typeorm';
import { v7 as uuid } from 'uuid';
import { type Cipher, KEY_ID } from '../platform/cipher.js';
import { StartupError } from '../platform/errors.js';
import { RENEWED_AT_A_TIME, type Reach, type Renewal, renewSome } from '../platform/renewal.js';
import type { SigningAlgorithm } from '../platform/setting-values.js';
import { publicJwkOf } from './key-ring.js';
import { SigningKey } from './signing-key.entity.js';
import { ALGORITHMS } from './signing-key.js';

interface KeyPair {
  publicKey: KeyObject;
  privateKey: KeyObject;
}

const generate = promisify(generateKeyPair) as (type: string, options: object) => Promise<KeyPair>;

/** What a new signing key is made of. */
interface NewSigningKey {
  tenantId: string;
  algorithm: SigningAlgorithm;
  usableFrom: Date;
  activatesAt?: Date;
}

/** What it takes to read the private part of one. */
export type LockedKey = Pick<SigningKey, 'id' | 'keyId' | 'encryptedPrivateKey'> & { algorithm?: string };

/** Keeps signing keys in the database, their private part encrypted. */
export class SigningKeyStore {
  readonly #spare = new Map<string, KeyPair>();

  constructor(private readonly cipher: Cipher) {}

  /** Every key of a tenant, the newest first. */
  rowsOf(manager: EntityManager, tenantId: string): Promise<SigningKey[]> {
    return manager.find(SigningKey, { where: { tenantId }, order: { createdAt: 'DESC', id: 'DESC' } });
  }

  /** Makes a pair of keys ahead of a transaction: an RSA key takes long enough to hold up everybody who writes. */
  async prepare(algorithm: SigningAlgorithm): Promise<void> {
    if (!this.#spare.has(algorithm)) this.#spare.set(algorithm, await makePair(algorithm));
  }

  /** Makes a key. */
  async insert(manager: EntityManager, { activatesAt, ...values }: NewSigningKey): Promise<SigningKey> {
    const { algorithm } = values;
    const { privateKey, publicKey } = this.#spare.get(algorithm) ?? (await makePair(algorithm));
    this.#spare.delete(algorithm);
    const id = uuid();
    const row = manager.create(SigningKey, {
      ...values,
      id,
      // Earlier releases read it; this one publishes what belongs to the private part.
      publicJwk: publicJwkOf(publicKey, { kid: id, algorithm }),
      encryptedPrivateKey: this.cipher.encrypt(privateKey.export({ format: 'pem', type: 'pkcs8' }) as string, id),
      keyId: this.cipher.keyId,
      createdAt: new Date(),
      activatesAt: activatesAt ?? null,
      publishedUntil: null,
    });
    await manager.insert(SigningKey, row);
    return row;
  }

  /**
   * The private part of a key.
   * @throws {StartupError} when it is encrypted with a key that is not at hand, or was changed since
   */
  unlock({ id, keyId, encryptedPrivateKey, algorithm }: LockedKey): KeyObject {
    try {
      const key = createPrivateKey(this.cipher.decrypt(encryptedPrivateKey, id, keyId));
      if (algorithm !== undefined && ALGORITHMS[algorithm as SigningAlgorithm]?.type !== key.asymmetricKeyType) {
        throw new Error(`it is no key for ${algorithm}`);
      }
      return key;
    } catch (cause) {
      throw new StartupError(
        this.isElsewhere({ keyId })
          ? `This database belongs to another ENCRYPTION_KEY (it names ${keyId}, yours is ${this.cipher.keyId}): start with that key. Nothing was changed.`
          : `The signing key ${id} was changed past the server, and cannot be read: put its row back from a backup, or remove it. Nothing was changed.`,
        { cause },
      );
    }
  }

  /** Whether its private part can be had. */
  isReadable(row: LockedKey): boolean {
    try {
      this.unlock(row);
      return true;
    } catch {
      return false;
    }
  }

  /** Whether it is encrypted with a key that is not at hand. What names no key was damaged. */
  isElsewhere({ keyId }: Pick<SigningKey, 'keyId'>): boolean {
    return KEY_ID.test(keyId) && !this.cipher.keyIds.includes(keyId);
  }

  /** Encrypts some of what an earlier key protects with the current one. @param after keys whose id comes after this one */
  reencrypt(reach: Reach, after: string): Promise<Renewal> {
    const { cipher } = this;
    const select = { id: true, keyId: true, encryptedPrivateKey: true };
    const where = { keyId: Not(cipher.keyId), id: MoreThan(after) };
    return renewSome(reach, {
      find: (manager) => manager.find(SigningKey, { select, where, order: { id: 'ASC' }, take: RENEWED_AT_A_TIME }),
      idOf: ({ id }) => id,
      nameOf: ({ id }) => `signing key ${id}`,
      decrypt: ({ id, keyId, encryptedPrivateKey }) => cipher.decrypt(encryptedPrivateKey, id, keyId),
      store: (manager, { id, encryptedPrivateKey: former }, text) => {
        const encryptedPrivateKey = cipher.encrypt(text, id);
        return manager.update(SigningKey, { id, encryptedPrivateKey: former }, { encryptedPrivateKey, keyId: cipher.keyId });
      },
    });
  }
}

function makePair(algorithm: SigningAlgorithm): Promise<KeyPair> {
  const { type, options } = ALGORITHMS[algorithm];
  return generate(type, options);
}
