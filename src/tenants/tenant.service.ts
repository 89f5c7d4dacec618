import type { EntityManager } from 'typeorm';
import { v7 as uuid } from 'uuid';
import type { Database } from '../platform/transaction.js';
import { Tenant } from './tenant.entity.js';

/** Finds tenants, and keeps the home tenant. */
export class TenantService {
  constructor(private readonly database: Database) {}

  /** The tenant that the installation began with; absent before the first start is through. */
  findHome(): Promise<Tenant | null> {
    return this.database.read((manager) => manager.findOneBy(Tenant, { isHome: true }));
  }

  /**
   * Makes the home tenant at the first start, and moves it when the issuer has another host by now.
   * @param host as it stands in the issuer, with a port that is not the scheme's own
   */
  async ensureHome(manager: EntityManager, host: string): Promise<Tenant> {
    const now = new Date();
    const home = await manager.findOneBy(Tenant, { isHome: true });
    if (!home) {
      const nothingYet = { revision: 0, signingAlgorithm: null, tokensExpireBy: null };
      const made = { id: uuid(), host, name: 'Home', isHome: true, ...nothingYet, createdAt: now, updatedAt: now };
      await manager.insert(Tenant, made);
      return made;
    }
    if (home.host !== host) await manager.update(Tenant, { id: home.id }, { host, updatedAt: now });
    return { ...home, host };
  }
}

/**
 * Makes the rest of a transaction wait for every other one that took the same turn: what it reads
 * next stays true until it commits. A write, because a lock of another kind holds on one node of a
 * cluster only.
 */
export async function takeTurn(manager: EntityManager, tenantId: string): Promise<void> {
  await manager.increment(Tenant, { id: tenantId }, 'revision', 1);
}
