import { type EntityManager, LessThan } from 'typeorm';
import type { TenantContext } from '../access/principal.js';
import { lastTokenOfTenant } from '../clients/client-row.service.js';
import type { SigningAlgorithm } from '../platform/config.js';
import { Conflict, SigningKeyNotFound } from '../platform/errors.js';
import type { Database } from '../platform/transaction.js';
import { Tenant } from '../tenants/tenant.entity.js';
import { takeTurn } from '../tenants/tenant.service.js';
import { activeAt, KeyRing, withStates } from './key-ring.js';
import { SigningKey } from './signing-key.entity.js';
import type { SigningKeyStore } from './signing-key-store.js';

/** For how long a key is published before it signs: twice as long as anybody may keep the JWKS. */
const LEAD_MS = 10 * 60_000;
/** What an instance that learns late of a rotation, and a clock that is behind, may make of a token's end. */
const MARGIN_MS = 60_000;
const MILLISECONDS_A_DAY = 24 * 3_600_000;

/**
 * Makes signing keys and lets them follow one another. A tenant has a key that signs, one that is
 * published and waits, and those whose tokens have not all expired.
 */
export class SigningKeys {
  constructor(
    private readonly database: Database,
    private readonly store: SigningKeyStore,
  ) {}

  /**
   * Recognises a database that belongs to another `ENCRYPTION_KEY`, by its newest key. Reads the columns
   * that every release has had, so that it can be asked before the database is migrated.
   * @throws {StartupError}
   */
  async requireKey(): Promise<void> {
    const select = { id: true, keyId: true, encryptedPrivateKey: true };
    const [newest] = await this.database.read((manager) => manager.find(SigningKey, { select, order: { createdAt: 'DESC' }, take: 1 }));
    if (newest) this.store.unlock(newest);
  }

  /** Makes what a tenant lacks of keys, and plans the change to another algorithm when that was set. */
  async ensureKeys(manager: EntityManager, tenant: Tenant, algorithm: SigningAlgorithm): Promise<void> {
    const now = new Date();
    if (tenant.signingAlgorithm !== algorithm) await manager.update(Tenant, { id: tenant.id }, { signingAlgorithm: algorithm });
    const rows = await this.store.rowsOf(manager, tenant.id);
    const planned = lastOf(rows);
    if (!planned) {
      await this.store.insert(manager, { tenantId: tenant.id, algorithm, usableFrom: now, activatesAt: now });
      await this.store.insert(manager, { tenantId: tenant.id, algorithm, usableFrom: now });
      return;
    }
    for (const { id } of rows.filter((row) => isWaiting(row) && row.algorithm !== algorithm)) await manager.delete(SigningKey, { id });
    const waiting = rows.find((row) => isWaiting(row) && row.algorithm === algorithm);
    const isChange = planned.algorithm !== algorithm;
    if (isChange) await this.#succeed(manager, planned, waiting ?? (await this.#insertWaiting(manager, tenant.id)));
    if (isChange || !waiting) await this.#insertWaiting(manager, tenant.id);
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
      const rows = await this.store.rowsOf(manager, tenant.id);
      const revoked = rows.find(({ id }) => id === kid);
      if (!revoked) throw new SigningKeyNotFound();
      await manager.delete(SigningKey, { id: kid });
      const others = rows.filter((row) => row !== revoked);
      const active = activeAt(rows, now);
      const planned = others.find(({ activatesAt }) => activatesAt !== null && activatesAt > now);
      if (revoked === active) {
        const next = planned ?? others.find(isWaiting) ?? (await this.#insertWaiting(manager, tenant.id));
        await manager.update(SigningKey, { id: next.id }, { activatesAt: now });
        Object.assign(next, { activatesAt: now });
      } else if (active && Number(revoked.activatesAt) > now.getTime()) {
        await manager.update(SigningKey, { id: active.id }, { publishedUntil: null });
      }
      if (!others.some(isWaiting)) await this.#insertWaiting(manager, tenant.id);
    });
  }

  /** Rotates a key that has signed for this many days. Of several instances one does. */
  async rotateWhenDue({ tenant }: TenantContext, days: number): Promise<boolean> {
    const isDue = (rows: readonly SigningKey[]) => Number(lastOf(rows)?.activatesAt) + days * MILLISECONDS_A_DAY <= Date.now();
    if (!isDue(await this.database.read((manager) => this.store.rowsOf(manager, tenant.id)))) return false;
    return this.database.write(async (manager) => {
      await takeTurn(manager, tenant.id);
      const isStillDue = isDue(await this.store.rowsOf(manager, tenant.id));
      if (isStillDue) await this.#rotate(manager, tenant.id);
      return isStillDue;
    });
  }

  /** Every key of a tenant that its JWKS has or will have, the newest first. */
  async list({ tenant }: TenantContext): Promise<SigningKey[]> {
    return withStates(await this.database.read((manager) => this.store.rowsOf(manager, tenant.id)), new Date());
  }

  /** The keys of a tenant that has some. */
  async load(tenant: TenantContext): Promise<KeyRing> {
    return new KeyRing(await this.list(tenant), { unlock: (row) => this.store.unlock(row), reload: () => this.list(tenant) });
  }

  /** Forgets keys whose tokens have all expired, and keeps a retired one for lifetimes that were raised since. */
  async sweep({ tenant }: TenantContext, now: Date): Promise<void> {
    await this.database.write(async (manager) => {
      await manager.delete(SigningKey, { tenantId: tenant.id, publishedUntil: LessThan(now) });
      const rows = await this.store.rowsOf(manager, tenant.id);
      const successor = lastOf(rows);
      const predecessor = rows.filter((row) => row.publishedUntil !== null).sort(byActivation)[0];
      if (!predecessor || !successor?.activatesAt || after(successor.activatesAt, 2 * MARGIN_MS) < now) return;
      await this.#publishUntil(manager, predecessor, await this.#lastTokenOf(manager, tenant.id, successor.activatesAt));
    });
  }

  /** Encrypts what an earlier `ENCRYPTION_KEY` protects with the current one. @returns how many keys that were */
  reencrypt(): Promise<number> {
    return this.database.write((manager) => this.store.reencrypt(manager));
  }

  async #rotate(manager: EntityManager, tenantId: string): Promise<void> {
    const rows = await this.store.rowsOf(manager, tenantId);
    const last = lastOf(rows) as SigningKey;
    if (Number(last.activatesAt) > Date.now()) {
      throw new Conflict(
        `A rotation is under way: the key ${last.id} signs from ${last.activatesAt?.toISOString()} on, when every API can know it.`,
      );
    }
    await this.#succeed(manager, last, rows.find(isWaiting) ?? (await this.#insertWaiting(manager, tenantId)));
    await this.#insertWaiting(manager, tenantId);
  }

  /** Makes the key that will follow, with the algorithm that was set last. */
  async #insertWaiting(manager: EntityManager, tenantId: string): Promise<SigningKey> {
    const { signingAlgorithm } = await manager.findOneByOrFail(Tenant, { id: tenantId });
    const algorithm = signingAlgorithm as SigningAlgorithm;
    return this.store.insert(manager, { tenantId, algorithm, usableFrom: after(new Date(), LEAD_MS) });
  }

  /** Plans that the next key takes over as soon as everybody can know it. */
  async #succeed(manager: EntityManager, present: SigningKey, next: SigningKey): Promise<void> {
    const now = new Date();
    const at = next.usableFrom && next.usableFrom > now ? next.usableFrom : now;
    await manager.update(SigningKey, { id: next.id }, { activatesAt: at });
    await this.#publishUntil(manager, present, await this.#lastTokenOf(manager, present.tenantId, at));
  }

  async #lastTokenOf(manager: EntityManager, tenantId: string, signedUntil: Date): Promise<Date> {
    return after(await lastTokenOfTenant(manager, tenantId, signedUntil), MARGIN_MS);
  }

  async #publishUntil(manager: EntityManager, { id, publishedUntil }: SigningKey, until: Date): Promise<void> {
    if (publishedUntil === null || publishedUntil < until) await manager.update(SigningKey, { id }, { publishedUntil: until });
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
