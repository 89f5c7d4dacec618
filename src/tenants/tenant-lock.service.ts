import { type EntityManager, EntityNotFoundError, type FindOptionsWhere } from 'typeorm';
import { isOfTenantGone, TenantDisabled } from './errors.js';
import { Tenant } from './tenant.entity.js';

/**
 * Locks a tenant until the transaction ends: of two that race one waits for the other, and what is read next stays true until it
 * commits. The lock is a write, because one of another kind holds on one node of a cluster only.
 * @param isServed whether only a tenant that is served will do
 * @throws {TenantDisabled} when it is not served, or not there, any more
 */
export async function lockTenant(manager: EntityManager, tenantId: string, { isServed }: { isServed: boolean }): Promise<void> {
  const { affected } = await manager.increment(Tenant, { id: tenantId, ...(isServed ? { enabled: true } : {}) }, 'revision', 1);
  if (affected === 0) throw new TenantDisabled();
}

/** Makes the rest of a transaction wait for every other one that changes such a tenant, served or not, or not there. A write, as a turn is. */
export async function lockTenants(manager: EntityManager, where: FindOptionsWhere<Tenant>): Promise<void> {
  await manager.increment(Tenant, where, 'revision', 1);
}

/** Tells whoever keeps a tenant or its keys that they have changed. Within a turn. */
export async function countChange(manager: EntityManager, tenantId: string): Promise<void> {
  await manager.increment(Tenant, { id: tenantId }, 'version', 1);
}

/** Waits for a change of a tenant that may be gone by now; then nothing is to be done. */
export function whileServed<T>(change: Promise<T>): Promise<T | undefined> {
  return change.catch((error) => {
    if (isOfTenantGone(error) || error instanceof EntityNotFoundError) return undefined;
    throw error;
  });
}
