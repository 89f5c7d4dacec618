import type { EntityManager } from 'typeorm';
import { isOnSqlite } from '../platform/database/dialect.js';
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

/** Who of them can prove who they are, with what does not end by itself. */
const CAN_PROVE = `(c.auth_method = '${ClientAuthMethod.PRIVATE_KEY_JWT}'
  OR EXISTS (SELECT 1 FROM client_secrets s WHERE s.client_row_id = c.id AND s.expires_at IS NULL))`;
/** Where so many have a right and none of them can prove who they are, nobody is searched for any longer. */
const MOST_LOOKED_AT = 1_000;

/**
 * Refuses to take a right to manage Latchkey from the last client of the tenant that has it and can use it. Those to manage tenants count in
 * the home tenant alone: nowhere else are they of any use.
 * @throws {LastAdministrator}
 */
export async function requireOtherHolders(manager: EntityManager, { tenant }: TenantContext, { before, after }: Transition): Promise<void> {
  const taken = (tenant.isHome ? MANAGEMENT_SCOPES : TENANT_SCOPES).filter((right) => holds(before, right) && !holds(after, right));
  if (taken.length === 0) return;
  const isByRight = isOnSqlite(manager);
  const sql = isByRight ? selectByRights(taken) : selectAtOnce(taken);
  const who = [tenant.id, before.id];
  const [found]: [Record<string, unknown>] = await manager.query(sql, isByRight ? taken.flatMap(() => who) : who);
  const last = taken.filter((_, index) => !Number(found[`right_${index}`]));
  if (last.length > 0) throw new LastAdministrator(last);
}

/** In the words of the indexes that SQLite has of each right: it works in this thread, and there may be very many clients. */
function selectByRights(rights: readonly ManagementScope[]): string {
  const columns = rights.map((right, index) => {
    const holders = `SELECT id, auth_method FROM clients WHERE tenant_id = ? AND id <> ? AND enabled = 1 AND ${has(right)} LIMIT ${MOST_LOOKED_AT}`;
    return `EXISTS (SELECT 1 FROM (${holders}) c WHERE ${CAN_PROVE}) AS right_${index}`;
  });
  return `SELECT ${columns.join(', ')}`;
}

/** Once through all, whoever has what: hardly any of them has any. */
function selectAtOnce(rights: readonly ManagementScope[]): string {
  const columns = rights.map((right, index) => `MAX(${has(right)}) AS right_${index}`);
  const hasAny = rights.map(has).join(' OR ');
  return `SELECT ${columns.join(', ')} FROM clients c WHERE c.tenant_id = ? AND c.id <> ? AND c.enabled = 1 AND (${hasAny}) AND ${CAN_PROVE}`;
}

function has(right: ManagementScope): string {
  return `INSTR(scopes, '"${right}"') > 0`;
}

function holds(client: Transition['after'], right: ManagementScope): boolean {
  return client?.enabled === true && client.scopes.includes(right);
}
