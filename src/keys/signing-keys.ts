import { setImmediate } from 'node:timers/promises';
import { type EntityManager, type FindOptionsWhere, In, IsNull, LessThanOrEqual, MoreThan } from 'typeorm';
import type { Change, Changes } from '../changes/changes.service.js';
import { AuditAction, AuditObjectType } from '../changes/record/audit-event.entity.js';
import { lastTokenOfTenant } from '../clients/client-row.service.js';
import { removeInPieces } from '../platform/database/pieces.js';
import type { Database } from '../platform/database/transaction.js';
import { forEach } from '../platform/each.js';
import type { Reach, Renewal } from '../platform/renewal.js';
import type { SigningAlgorithm } from '../platform/setting-values.js';
import { type Principal, systemCaller, type TenantContext } from '../tenants/caller.js';
import { Tenant } from '../tenants/tenant.entity.js';
import { countChange, lockTenant, whileServed } from '../tenants/tenant-lock.service.js';
import { SigningKeyNotFound } from './errors.js';
import { requireHomeKey } from './home-key.js';
import { KeyRing, withStates } from './key-ring.js';
import { activeAt, byActivation, isWaiting, lastOf, requireRotatable } from './key-succession.js';
import { SigningKey } from './signing-key.entity.js';
import type { SigningKeyStore } from './signing-key-store.js';

const RIGHT = { right: 'keys:write' } as const;
/** For how long a key is published before it signs: twice as long as anybody may keep the JWKS. */
const LEAD_MS = 10 * 60_000;
/** What a clock that is behind may make of a token's end. */
const MARGIN_MS = 60_000;
const MOST_ROTATED_AT_ONCE = 100;
const MOST_LOOKED_AT = 1000;
const MILLISECONDS_A_DAY = 24 * 3_600_000;

/**
 * Makes signing keys and lets them follow one another. A tenant has a key that signs, one that is
 * published and waits, and those whose tokens have not all expired.
 */
export class SigningKeys {
  constructor(
    private readonly database: Database,
    private readonly changes: Changes,
    private readonly store: SigningKeyStore,
  ) {}

  /** As {@link requireHomeKey}. */
  requireKey(): Promise<string | undefined> {
    return requireHomeKey(this.database, this.store);
  }

  /** Whether a key waits, and can sign when its time comes. */
  #canFollow(row: SigningKey): boolean {
    return isWaiting(row) && this.store.isReadable(row);
  }

  /** Makes what a tenant lacks of keys, and plans the change to another algorithm when that was set. */
  async ensureKeys(change: Change, algorithm: SigningAlgorithm): Promise<void> {
    const { manager } = change;
    const { tenant } = change.caller;
    const now = new Date();
    if (tenant.signingAlgorithm !== algorithm) await manager.update(Tenant, { id: tenant.id }, { signingAlgorithm: algorithm });
    const rows = await this.store.rowsOf(manager, tenant.id);
    const planned = lastOf(rows);
    if (!planned) {
      await this.store.insert(manager, { tenantId: tenant.id, algorithm, usableFrom: now, activatesAt: now });
      await this.store.insert(manager, { tenantId: tenant.id, algorithm, usableFrom: now });
      return;
    }
    const unfit = rows.filter((row) => isWaiting(row) && row.algorithm !== algorithm);
    for (const { id } of unfit) await manager.delete(SigningKey, { id });
    const waiting = rows.find((row) => this.#canFollow(row) && row.algorithm === algorithm);
    const isChange = planned.algorithm !== algorithm;
    if (isChange) await this.#succeed(change, { present: planned, next: waiting });
    if (isChange || !waiting) await this.#insertWaiting(manager, tenant.id);
    if (isChange || !waiting || unfit.length > 0) await countChange(manager, tenant.id);
  }

  /**
   * Lets the waiting key take over: at once when everybody can know it, otherwise as soon as they can.
   * @throws {Conflict} when a change is planned already, or very many are published
   */
  async rotate(caller: Principal): Promise<void> {
    await this.#prepare(caller);
    await this.changes.make(caller, RIGHT, async (change) => {
      const rows = await this.store.rowsOf(change.manager, caller.tenant.id);
      requireRotatable(rows);
      await this.#rotate(change, rows);
    });
  }

  /**
   * Removes a key that is in wrong hands, and with it every token that it signed. When it is the one that
   * signs, the one after it does so at once.
   * @throws {SigningKeyNotFound}
   */
  async revoke(caller: Principal, kid: string): Promise<void> {
    const { tenant } = caller;
    await this.#prepare(caller);
    await this.changes.make(caller, { ...RIGHT, allowance: 'reserved' }, async ({ manager, record }) => {
      const now = new Date();
      const rows = await this.store.rowsOf(manager, tenant.id);
      const revoked = rows.find(({ id }) => id === kid);
      if (!revoked) throw new SigningKeyNotFound();
      await manager.delete(SigningKey, { id: kid });
      const others = rows.filter((row) => row !== revoked);
      const active = activeAt(rows, now);
      const planned = others.find((row) => row.activatesAt !== null && row.activatesAt > now && this.store.isReadable(row));
      if (revoked === active) {
        const next = planned ?? others.find((row) => this.#canFollow(row)) ?? (await this.#insertWaiting(manager, tenant.id));
        await manager.update(SigningKey, { id: next.id }, { activatesAt: now });
        Object.assign(next, { activatesAt: now });
      } else if (active && Number(revoked.activatesAt) > now.getTime()) {
        await manager.update(SigningKey, { id: active.id }, { publishedUntil: null });
      }
      if (!others.some((row) => this.#canFollow(row))) await this.#insertWaiting(manager, tenant.id);
      await countChange(manager, tenant.id);
      await record({ action: AuditAction.REVOKE_SIGNING_KEY, on: objectOf(revoked), before: describe(revoked) });
    });
  }

  /**
   * Replaces keys that have signed for so many days, of a hundred tenants at a time. Of several instances one does.
   * @param heard `onRotated` is told the host of each tenant concerned
   */
  async rotateWhenDue(
    days: number,
    contextOf: (tenant: Tenant) => TenantContext,
    { onRotated }: { onRotated(host: string): void },
  ): Promise<void> {
    const due = new Date(Date.now() - days * MILLISECONDS_A_DAY);
    const isDue = { activatesAt: LessThanOrEqual(due), publishedUntil: IsNull() };
    await forEach(await this.#tenantsWith(isDue, MOST_ROTATED_AT_ONCE), async (tenant) => {
      const caller = systemCaller(contextOf(tenant), 'SIGNING_KEY_DAYS');
      await this.#prepare(caller);
      const rotating = this.changes.perform(caller, async (change) => {
        const rows = await this.store.rowsOf(change.manager, tenant.id);
        if (Number(lastOf(rows)?.activatesAt) > due.getTime()) return change.unchanged(false);
        await this.#rotate(change, rows);
        return true;
      });
      if (await whileServed(rotating)) onRotated(tenant.host);
    });
  }

  /** Every key of a tenant that its JWKS has or will have, the newest first. */
  async list({ tenant }: TenantContext): Promise<SigningKey[]> {
    return withStates(await this.database.read((manager) => this.store.rowsOf(manager, tenant.id)), new Date());
  }

  /** The keys of a tenant that has some. */
  async load(context: TenantContext): Promise<KeyRing> {
    return KeyRing.load(context.tenant.version, { unlock: (row) => this.store.unlock(row), reload: () => this.list(context) });
  }

  /** Forgets keys whose tokens have all expired. */
  async sweep(now: Date): Promise<void> {
    await removeInPieces(this.database, { table: 'signing_keys', where: 'published_until < ?', parameters: [this.database.moment(now)] });
  }

  /** Keeps keys that signed until just now, or do for a while, for lifetimes that were raised since. */
  async extend(now: Date): Promise<void> {
    await forEach(await this.#tenantsWith({ activatesAt: MoreThan(after(now, -2 * MARGIN_MS)) }, MOST_LOOKED_AT), async ({ id }) => {
      const extending = this.database.write(async (manager) => {
        await lockTenant(manager, id, { isServed: true });
        const rows = await this.store.rowsOf(manager, id);
        const successor = lastOf(rows);
        const predecessor = rows.filter((row) => row.publishedUntil !== null).sort(byActivation)[0];
        if (!predecessor || !successor?.activatesAt) return;
        const isLonger = await this.#publishUntil(manager, predecessor, await this.#lastTokenOf(manager, id, successor.activatesAt));
        if (isLonger) await countChange(manager, id);
      });
      await whileServed(extending);
      // SQLite works in this thread: requests go on between two tenants.
      await setImmediate();
    });
  }

  /** Encrypts some of what an earlier `ENCRYPTION_KEY` protects with the current one. @param after keys whose id comes after this one */
  reencrypt(reach: Reach, after: string): Promise<Renewal> {
    return this.store.reencrypt(reach, after);
  }

  /** Tenants that are served and have such a key. */
  #tenantsWith(where: FindOptionsWhere<SigningKey>, atMost: number): Promise<Tenant[]> {
    return this.database.read(async (manager) => {
      const keys = manager.createQueryBuilder(SigningKey, 'key').select('key.tenantId', 'id').where(where);
      const isServed = 'EXISTS (SELECT 1 FROM tenants t WHERE t.id = key.tenantId AND t.enabled = 1)';
      const rows: { id: string }[] = await keys.andWhere(isServed).limit(atMost).getRawMany();
      return manager.findBy(Tenant, { id: In([...new Set(rows.map(({ id }) => id))]) });
    });
  }

  async #rotate(change: Change, rows: readonly SigningKey[]): Promise<void> {
    const { manager, caller } = change;
    await this.#succeed(change, { present: lastOf(rows) as SigningKey, next: rows.find((row) => this.#canFollow(row)) });
    await this.#insertWaiting(manager, caller.tenant.id);
    await countChange(manager, caller.tenant.id);
  }

  #prepare({ tenant }: TenantContext): Promise<void> {
    return this.store.prepare(tenant.signingAlgorithm as SigningAlgorithm);
  }

  /** Makes the key that will follow, with the algorithm that was set last. */
  async #insertWaiting(manager: EntityManager, tenantId: string): Promise<SigningKey> {
    const { signingAlgorithm } = await manager.findOneByOrFail(Tenant, { id: tenantId });
    const algorithm = signingAlgorithm as SigningAlgorithm;
    return this.store.insert(manager, { tenantId, algorithm, usableFrom: after(new Date(), LEAD_MS) });
  }

  /** Plans that the next key takes over as soon as everybody can know it. */
  async #succeed(
    { manager, caller, record }: Change,
    { present, next: waiting }: { present: SigningKey; next: SigningKey | undefined },
  ): Promise<void> {
    const now = new Date();
    const next = waiting ?? (await this.#insertWaiting(manager, caller.tenant.id));
    const at = next.usableFrom && next.usableFrom > now ? next.usableFrom : now;
    await manager.update(SigningKey, { id: next.id }, { activatesAt: at });
    await this.#publishUntil(manager, present, await this.#lastTokenOf(manager, present.tenantId, at));
    const keys = { before: describe(present), after: describe({ ...next, activatesAt: at }) };
    await record({ action: AuditAction.ROTATE_SIGNING_KEY, on: objectOf(next), ...keys });
  }

  async #lastTokenOf(manager: EntityManager, tenantId: string, signedUntil: Date): Promise<Date> {
    return after(await lastTokenOfTenant(manager, tenantId, signedUntil), MARGIN_MS);
  }

  async #publishUntil(manager: EntityManager, { id, publishedUntil }: SigningKey, until: Date): Promise<boolean> {
    const isLonger = publishedUntil === null || publishedUntil < until;
    if (isLonger) await manager.update(SigningKey, { id }, { publishedUntil: until });
    return isLonger;
  }
}

function objectOf({ id }: SigningKey): [AuditObjectType, string] {
  return [AuditObjectType.SIGNING_KEY, id];
}

function describe({ id, algorithm, activatesAt }: SigningKey) {
  return { kid: id, algorithm, activatesAt };
}

function after(moment: Date, milliseconds: number): Date {
  return new Date(moment.getTime() + milliseconds);
}
