import type { EntityManager } from 'typeorm';
import type { TenantContext } from '../tenants/caller.js';
import { MANAGEMENT_SCOPES, type ManagementScope, TENANT_SCOPES } from '../tenants/scopes.js';
import { type Client, ClientAuthMethod } from './client.entity.js';
import type { Rights } from './client.rules.js';
import { LastAdministrator } from './errors.js';

/** A client before and after a change; null when it is gone by it. */
interface Transition {
  before: Client;
  after: Pick<Rights, 'enabled' | 'scopes'> | null;
}

/** The others who can prove who they are, with what does not end by itself. */
const OTHERS = `FROM clients c WHERE c.tenant_id = ? AND c.id <> ? AND c.enabled = 1
  AND (c.auth_method = '${ClientAuthMethod.PRIVATE_KEY_JWT}'
    OR EXISTS (SELECT 1 FROM client_secrets s WHERE s.client_row_id = c.id AND s.expires_at IS NULL))`;

/**
 * Refuses to take a right to manage Latchkey from the last client of the tenant that has it and can use it. Those to manage tenants count in
 * the home tenant alone: nowhere else are they of any use.
 * @throws {LastAdministrator}
 */
export async function requireOtherHolders(manager: EntityManager, { tenant }: TenantContext, { before, after }: Transition): Promise<void> {
  const taken = (tenant.isHome ? MANAGEMENT_SCOPES : TENANT_SCOPES).filter((right) => holds(before, right) && !holds(after, right));
  if (taken.length === 0) return;
  // Once through all, whoever has what: there may be very many, and hardly any of them has any.
  const held = taken.map(() => 'INSTR(c.scopes, ?) > 0');
  const names = taken.map((right) => JSON.stringify(right));
  const columns = held.map((has, index) => `MAX(${has}) AS right_${index}`);
  const sql = `SELECT ${columns.join(', ')} ${OTHERS} AND (${held.join(' OR ')})`;
  const [found]: [Record<string, unknown>] = await manager.query(sql, [...names, tenant.id, before.id, ...names]);
  const last = taken.filter((_, index) => Number(found[`right_${index}`]) === 0);
  if (last.length > 0) throw new LastAdministrator(last);
}

function holds(client: Transition['after'], right: ManagementScope): boolean {
  return client?.enabled === true && client.scopes.includes(right);
}
