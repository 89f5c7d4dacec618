import { createPrivateKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { type EntityManager, LessThan } from 'typeorm';
import { v7 as uuid } from 'uuid';
import type { TenantContext } from '../access/principal.js';
import { Client } from '../clients/client.entity.js';
import type { Cipher } from '../platform/cipher.js';
import type { SigningAlgorithm } from '../platform/config.js';
import { Conflict, SigningKeyNotFound, StartupError } from '../platform/errors.js';
import type { Database } from '../platform/transaction.js';
import { Tenant } from '../tenants/tenant.entity.js';
import { takeTurn } from '../tenants/tenant.service.js';
import { activeAt, KeyRing, type PublicJwk, withStates } from './key-ring.js';
import { SigningKey } from './signing-key.entity.js';
import { ALGORITHMS } from './signing-key.js';

/** For how long a key is published before it signs: twice as long as anybody may keep the JWKS. */
const LEAD_MS = 10 * 60_000;
/** What an instance that learns late of a rotation, and a clock that is behind, may make of a token's end. */
const MARGIN_MS = 60_000;
const MILLISECONDS_A_DAY = 24 * 3_600_000;

const makePair = promisify(generateKeyPair) as (type: string, options: object) => Promise<{ publicKey: KeyObject; privateKey: KeyObject }>;

/**
 * Makes signing keys and lets them follow one another. A tenant has a key that signs, one that is
 * published and waits, and those whose tokens have not all expired.
 */
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

  /** Makes what a tenant lacks of keys, and plans the change to another algorithm when that was set. */
  async ensureKeys(manager: EntityManager, tenant: Tenant, algorithm: SigningAlgorithm): Promise<void> {
    const now = new Date();
    if (tenant.signingAlgorithm !== algorithm) await manager.update(Tenant, { id: tenant.id }, { signingAlgorithm: algorithm });
    const rows = await this.#rowsOf(manager, tenant.id);
    const planned = lastOf(rows);
    for (const { id } of rows.filter((row) => isWaiting(row) && row.algorithm !== algorithm)) await manager.delete(SigningKey, { id });
    let waiting = rows.find((row) => isWaiting(row) && row.algorithm === algorithm);
    if (!planned) {
      await this.#insert(manager, { tenantId: tenant.id, algorithm, usableFrom: now, activatesAt: now });
      await this.#insert(manager, { tenantId: tenant.id, algorithm, usableFrom: now });
    } else if (planned.algorithm !== algorithm) {
      waiting ??= await this.#insert(manager, { tenantId: tenant.id, algorithm, usableFrom: after(now, LEAD_MS) });
      await this.#succeed(manager, planned, { next: waiting, at: latest(now, waiting.usableFrom ?? now) });
      await this.#insert(manager, { tenantId: tenant.id, algorithm, usableFrom: after(now, LEAD_MS) });
    } else if (!waiting) {
      await this.#insert(manager, { tenantId: tenant.id, algorithm, usableFrom: after(now, LEAD_MS) });
    }
  }

  /**
   * Lets the waiting key take over: at once when everybody can know it, otherwise as soon as they can.
   * @throws {Conflict} when a change is planned already
   */
  async rotate({ tenant }: TenantContext): Promise<void> {
    await this.database.write(async (manager) => {
      await takeTurn(manager, tenant.id);
      await this.#rotate(manager, tenant.id);
    });
  }

  /**
   * Removes a key that is in wrong hands, and with it every token that it signed. When it is the one that
   * signs, the one after it does so at once.
   * @throws {SigningKeyNotFound}
   */
  async revoke({ tenant }: TenantContext, kid: string): Promise<void> {
    await this.database.write(async (manager) => {
      await takeTurn(manager, tenant.id);
      const now = new Date();
      const rows = await this.#rowsOf(manager, tenant.id);
      const revoked = rows.find(({ id }) => id === kid);
      if (!revoked) throw new SigningKeyNotFound();
      await manager.delete(SigningKey, { id: kid });
      const others = rows.filter((row) => row !== revoked);
      const active = activeAt(rows, now);
      const planned = others.find(({ activatesAt }) => activatesAt !== null && activatesAt > now);
      if (revoked === active) {
        const next = planned ?? others.find(isWaiting) ?? (await this.#insertWaiting(manager, tenant.id, revoked));
        await manager.update(SigningKey, { id: next.id }, { activatesAt: now });
        Object.assign(next, { activatesAt: now });
      } else if (active && Number(revoked.activatesAt) > now.getTime()) {
        await manager.update(SigningKey, { id: active.id }, { publishedUntil: null });
      }
      if (!others.some(isWaiting)) await this.#insertWaiting(manager, tenant.id, revoked);
    });
  }

  /** Rotates a key that has signed for this many days. Of several instances one does. */
  async rotateWhenDue({ tenant }: TenantContext, days: number): Promise<boolean> {
    const isDue = (rows: readonly SigningKey[]) => Number(lastOf(rows)?.activatesAt) + days * MILLISECONDS_A_DAY <= Date.now();
    if (!isDue(await this.database.read((manager) => this.#rowsOf(manager, tenant.id)))) return false;
    return this.database.write(async (manager) => {
      await takeTurn(manager, tenant.id);
      const isStillDue = isDue(await this.#rowsOf(manager, tenant.id));
      if (isStillDue) await this.#rotate(manager, tenant.id);
      return isStillDue;
    });
  }

  /** Every key of a tenant that its JWKS has or will have, the newest first. */
  async list({ tenant }: TenantContext): Promise<SigningKey[]> {
    return withStates(await this.database.read((manager) => this.#rowsOf(manager, tenant.id)), new Date());
  }

  /** The keys of a tenant that has some. */
  async load(tenant: TenantContext): Promise<KeyRing> {
    return new KeyRing(await this.list(tenant), { unlock: (row) => this.#unlock(row), reload: () => this.list(tenant) });
  }

  /** Forgets keys whose tokens have all expired, and keeps a retired one for lifetimes that were raised since. */
  async sweep({ tenant }: TenantContext, now: Date): Promise<void> {
    await this.database.write(async (manager) => {
      await manager.delete(SigningKey, { tenantId: tenant.id, publishedUntil: LessThan(now) });
      const rows = await this.#rowsOf(manager, tenant.id);
      const successor = lastOf(rows);
      const predecessor = rows.filter((row) => row.publishedUntil !== null).sort(byActivation)[0];
      if (!predecessor || !successor?.activatesAt || after(successor.activatesAt, 2 * MARGIN_MS) < now) return;
      await this.#publishUntil(manager, predecessor, await this.#lastTokenOf(manager, tenant.id, successor.activatesAt));
    });
  }

  /** Encrypts what an earlier key protects with the current one. @returns how many keys that were */
  reencrypt(): Promise<number> {
    return this.database.write(async (manager) => {
      const rows = (await manager.find(SigningKey)).filter(({ keyId }) => keyId !== this.cipher.keyId);
      for (const row of rows) {
        const encryptedPrivateKey = this.cipher.encrypt(this.cipher.decrypt(row.encryptedPrivateKey, row.id, row.keyId), row.id);
        await manager.update(SigningKey, { id: row.id }, { encryptedPrivateKey, keyId: this.cipher.keyId });
      }
      return rows.length;
    });
  }

  async #rotate(manager: EntityManager, tenantId: string): Promise<void> {
    const now = new Date();
    const rows = await this.#rowsOf(manager, tenantId);
    const last = lastOf(rows) as SigningKey;
    if (Number(last.activatesAt) > now.getTime()) {
      throw new Conflict(
        `A rotation is under way: the key ${last.id} signs from ${last.activatesAt?.toISOString()} on, when every API can know it.`,
      );
    }
    const waiting = rows.find(isWaiting) ?? (await this.#insertWaiting(manager, tenantId, last));
    await this.#succeed(manager, last, { next: waiting, at: latest(now, waiting.usableFrom ?? now) });
    await this.#insertWaiting(manager, tenantId, last);
  }

  /** Makes the key that will follow, with the algorithm that was set last. */
  async #insertWaiting(manager: EntityManager, tenantId: string, predecessor: SigningKey): Promise<SigningKey> {
    const { signingAlgorithm } = await manager.findOneByOrFail(Tenant, { id: tenantId });
    const algorithm = (signingAlgorithm ?? predecessor.algorithm) as SigningAlgorithm;
    return this.#insert(manager, { tenantId, algorithm, usableFrom: after(new Date(), LEAD_MS) });
  }

  async #succeed(manager: EntityManager, present: SigningKey, { next, at }: { next: SigningKey; at: Date }): Promise<void> {
    await manager.update(SigningKey, { id: next.id }, { activatesAt: at });
    await this.#publishUntil(manager, present, await this.#lastTokenOf(manager, present.tenantId, at));
  }

  async #publishUntil(manager: EntityManager, { id, publishedUntil }: SigningKey, until: Date): Promise<void> {
    if (publishedUntil === null || publishedUntil < until) await manager.update(SigningKey, { id }, { publishedUntil: until });
  }

  /** When the last token has expired that is signed up to a moment, those of clients that are gone included. */
  async #lastTokenOf(manager: EntityManager, tenantId: string, signedUntil: Date): Promise<Date> {
    const { tokensExpireBy } = await manager.findOneByOrFail(Tenant, { id: tenantId });
    const clients = manager.createQueryBuilder(Client, 'client').where('client.tenantId = :tenantId', { tenantId });
    const longest = await clients.clone().orderBy('client.accessTokenLifetime', 'DESC').limit(1).getOne();
    const latestEnd = await clients
      .andWhere('client.tokensExpireBy IS NOT NULL')
      .orderBy('client.tokensExpireBy', 'DESC')
      .limit(1)
      .getOne();
    const ends = [after(signedUntil, (longest?.accessTokenLifetime ?? 0) * 1000), latestEnd?.tokensExpireBy, tokensExpireBy];
    return after(
      ends.reduce<Date>((end, other) => latest(end, other ?? end), signedUntil),
      MARGIN_MS,
    );
  }

  async #insert(
    manager: EntityManager,
    {
      tenantId,
      algorithm,
      usableFrom,
      activatesAt = null,
    }: Pick<SigningKey, 'tenantId' | 'usableFrom'> & {
      algorithm: SigningAlgorithm;
      activatesAt?: Date | null;
    },
  ): Promise<SigningKey> {
    const { type, options } = ALGORITHMS[algorithm];
    const { privateKey, publicKey } = await makePair(type, options);
    const id = uuid();
    const row = manager.create(SigningKey, {
      id,
      tenantId,
      algorithm,
      publicJwk: { ...(publicKey.export({ format: 'jwk' }) as PublicJwk), kid: id, alg: algorithm, use: 'sig' },
      encryptedPrivateKey: this.cipher.encrypt(privateKey.export({ format: 'pem', type: 'pkcs8' }) as string, id),
      keyId: this.cipher.keyId,
      createdAt: new Date(),
      usableFrom,
      activatesAt,
      publishedUntil: null,
    });
    await manager.insert(SigningKey, row);
    return row;
  }

  #rowsOf(manager: EntityManager, tenantId: string): Promise<SigningKey[]> {
    return manager.find(SigningKey, { where: { tenantId }, order: { createdAt: 'DESC', id: 'DESC' } });
  }

  #unlock(key: SigningKey): KeyObject {
    try {
      return createPrivateKey(this.cipher.decrypt(key.encryptedPrivateKey, key.id, key.keyId));
    } catch (cause) {
      throw new StartupError(
        `This database belongs to another ENCRYPTION_KEY (it names ${key.keyId}, yours is ${this.cipher.keyId}): start with the key that it was made with. Nothing was changed.`,
        { cause },
      );
    }
  }
}

/** Of the keys that sign or will by a plan, the one that does last. */
function lastOf(rows: readonly SigningKey[]): SigningKey | undefined {
  return rows.filter((row) => !isWaiting(row)).sort(byActivation)[0];
}

function byActivation(a: SigningKey, b: SigningKey): number {
  return Number(b.activatesAt) - Number(a.activatesAt);
}

function isWaiting({ activatesAt }: SigningKey): boolean {
  return activatesAt === null;
}

function after(moment: Date, milliseconds: number): Date {
  return new Date(moment.getTime() + milliseconds);
}

function latest(a: Date, b: Date): Date {
  return a > b ? a : b;
}
