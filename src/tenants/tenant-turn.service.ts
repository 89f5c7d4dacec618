import type { EntityManager } from 'typeorm';
import type { TenantContext } from '../access/principal.js';
import { TenantDisabled } from '../platform/errors.js';
import { Tenant } from './tenant.entity.js';

/**
 * Makes the rest of a transaction wait for every other one that took the same turn: what it reads
 * next stays true until it commits. A write, because a lock of another kind holds on one node of a
 * cluster only.
 * @throws {TenantDisabled} when the tenant is not served any more
 */
export async function takeTurn(manager: EntityManager, { tenant }: TenantContext): Promise<void> {
  const { affected } = await manager.increment(Tenant, { id: tenant.id, enabled: true }, 'revision', 1);
  if (affected === 0) throw new TenantDisabled();
}

/** Tells whoever keeps a tenant or its keys that they have changed. Within a turn. */
export async function countChange(manager: EntityManager, tenantId: string): Promise<void> {
  await manager.increment(Tenant, { id: tenantId }, 'version', 1);
}

/**
 * Requires that a tenant is served, for a change that depends on no other and so takes no turn. Asked after the
 * first insert, whose lock on the tenant's row comes before what is read then: the other way round some databases
 * refuse the insert, because the row has changed since.
 * @throws {TenantDisabled}
 */
export async function requireServed(manager: EntityManager, { tenant }: TenantContext): Promise<void> {
  if (!(await manager.existsBy(Tenant, { id: tenant.id, enabled: true }))) throw new TenantDisabled();
}
