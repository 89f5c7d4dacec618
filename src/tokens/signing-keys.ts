import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { ExternalSigningKey } from 'oidc-provider';
import type { EntityManager } from 'typeorm';
import { v7 as uuid } from 'uuid';
import type { Cipher } from '../platform/cipher.js';
import { StartupError } from '../platform/errors.js';
import type { Database } from '../platform/transaction.js';
import type { Tenant } from '../tenants/tenant.entity.js';
import { SigningKey } from './signing-key.entity.js';

/** A public key as a JWKS publishes it. */
export type PublicJwk = Record<string, string>;

/** The keys of a tenant: one signs, all verify. */
export interface KeyRing {
  active: ActiveKey;
  /** Every key whose tokens may still be alive at a moment, the active one first. */
  publishedAt(moment: Date): PublishedKey[];
}

/** A key that verifies. */
export interface PublishedKey {
  jwk: PublicJwk;
  key: KeyObject;
}

/** Makes and reads signing keys. */
export class SigningKeys {
  constructor(
    private readonly database: Database,
    private readonly cipher: Cipher,
  ) {}

  /**
   * Recognises a database that belongs to another `ENCRYPTION_KEY`, by its newest key. Reads the columns
   * that every release has had, so that it can be asked before the database is migrated.
   * @throws {StartupError}
   */
  async requireKey(): Promise<void> {
    const select = { id: true, keyId: true, encryptedPrivateKey: true };
    const [newest] = await this.database.read((manager) => manager.find(SigningKey, { select, order: { createdAt: 'DESC' }, take: 1 }));
    if (newest) this.#unlock(newest);
  }

  /** Makes a tenant's first key, stored encrypted; does nothing when it has one. */
  async ensureKey(manager: EntityManager, tenant: Tenant): Promise<void> {
    const keys = await manager.findBy(SigningKey, { tenantId: tenant.id });
    if (keys.some(({ publishedUntil }) => publishedUntil === null)) return;
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const id = uuid();
    await manager.insert(SigningKey, {
      id,
      tenantId: tenant.id,
      algorithm: 'ES256',
      publicJwk: { ...(publicKey.export({ format: 'jwk' }) as PublicJwk), kid: id, alg: 'ES256', use: 'sig' },
      encryptedPrivateKey: this.cipher.encrypt(privateKey.export({ format: 'pem', type: 'pkcs8' }) as string, id),
      keyId: this.cipher.keyId,
      createdAt: new Date(),
      publishedUntil: null,
    });
  }

  /** The keys of a tenant that has one. */
  async load(tenant: Tenant): Promise<KeyRing> {
    const rows = await this.database.read((manager) =>
      manager.find(SigningKey, { where: { tenantId: tenant.id }, order: { createdAt: 'DESC', id: 'DESC' } }),
    );
    const active = rows.find(({ publishedUntil }) => publishedUntil === null) as SigningKey;
    const keys = [active, ...rows.filter((row) => row !== active)].map((row) => ({
      until: row.publishedUntil,
      jwk: row.publicJwk,
      key: createPublicKey({ key: row.publicJwk, format: 'jwk' }),
    }));
    return {
      active: new ActiveKey(active, this.#unlock(active)),
      publishedAt: (moment) => keys.filter(({ until }) => until === null || until > moment),
    };
  }

  #unlock(key: SigningKey): KeyObject {
    try {
      return createPrivateKey(this.cipher.decrypt(key.encryptedPrivateKey, key.id));
    } catch (cause) {
      throw new StartupError(
        `This database belongs to another ENCRYPTION_KEY (it names ${key.keyId}, yours is ${this.cipher.keyId}): start with the key that it was made with. Nothing was changed.`,
        { cause },
      );
    }
  }
}

/** A signing key that oidc-provider signs with, natively and without a trip through the thread pool. */
export class ActiveKey extends ExternalSigningKey {
  readonly #kid: string;
  readonly #algorithm: string;
  readonly #publicKey: KeyObject;
  readonly #privateKey: KeyObject;

  constructor({ id, algorithm }: SigningKey, privateKey: KeyObject) {
    super();
    this.#kid = id;
    this.#algorithm = algorithm;
    this.#privateKey = privateKey;
    this.#publicKey = createPublicKey(privateKey);
  }

  override get kid(): string {
    return this.#kid;
  }

  override get alg(): string {
    return this.#algorithm;
  }

  override keyObject(): KeyObject {
    return this.#publicKey;
  }

  override async sign(data: Uint8Array): Promise<Buffer> {
    return sign('sha256', data, { key: this.#privateKey, dsaEncoding: 'ieee-p1363' });
  }
}
