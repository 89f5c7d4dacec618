import type { EntityManager } from 'typeorm';
import { removeSome } from '../platform/database/pieces.js';
import type { Belonging, Class } from '../platform/room.js';
import { BELONGINGS } from './rooms.js';

/** Up to so many rows of a kind go together with the tenant, or not at all. */
const MOST_AT_ONCE = 500;
/** Of a client, or an entry of the record, each may have 40 KB. */
const ROWS_AT_A_TIME = 100;
/** What hangs on others is small. */
const LEAVES_AT_A_TIME = 2_000;

/** Removes some of what a tenant has very much of. @returns whether there may be more of that */
export async function removeSomeOfMany(manager: EntityManager, tenantId: string): Promise<boolean> {
  for (const belonging of BELONGINGS) {
    if (!belonging.mayBeMany || !(await areVeryMany(manager, belonging, tenantId))) continue;
    await removePiece(manager, belonging, tenantId);
    // Whoever keeps what is left has room for as many as are gone: they are counted anew.
    await manager.query('UPDATE tenants SET client_count = NULL WHERE id = ?', [tenantId]);
    return true;
  }
  return false;
}

/** Removes all that a tenant has. */
export async function removeBelongings(manager: EntityManager, tenantId: string): Promise<void> {
  for (const { entity } of BELONGINGS) await manager.delete(entity, { tenantId });
}

/** Whether there are very many rows of a tenant's, or of what goes with them. */
async function areVeryMany(manager: EntityManager, { entity, dependents = [] }: Belonging, tenantId: string): Promise<boolean> {
  const table = tableOf(manager, entity);
  const sources = [
    `${table} t WHERE`,
    ...dependents.map(({ entity: dependent, by }) => `${tableOf(manager, dependent)} d JOIN ${table} t ON t.id = d.${by} WHERE`),
  ];
  for (const source of sources) {
    const some = `SELECT 1 FROM ${source} t.tenant_id = ? LIMIT ${MOST_AT_ONCE + 1}`;
    const [row]: [{ n: number | string }] = await manager.query(`SELECT COUNT(*) AS n FROM (${some}) some`, [tenantId]);
    if (Number(row.n) > MOST_AT_ONCE) return true;
  }
  return false;
}

async function removePiece(manager: EntityManager, { entity, dependents = [] }: Belonging, tenantId: string): Promise<void> {
  const table = tableOf(manager, entity);
  const ofTenant = { table, where: 'tenant_id = ?', parameters: [tenantId] };
  if (dependents.length === 0) {
    await removeSome(manager, { ...ofTenant, atATime: ROWS_AT_A_TIME });
    return;
  }
  const rows: { id: unknown }[] = await manager.query(`SELECT id FROM ${table} WHERE tenant_id = ? LIMIT ${ROWS_AT_A_TIME}`, [tenantId]);
  const ids = rows.map(({ id }) => id);
  const among = `IN (${ids.map(() => '?').join(', ')})`;
  for (const { entity: dependent, by } of dependents) {
    const key = manager.connection.getMetadata(dependent).primaryColumns.map(({ databaseName }) => databaseName);
    const leaves = { table: tableOf(manager, dependent), where: `${by} ${among}`, parameters: ids, key, atATime: LEAVES_AT_A_TIME };
    if (await removeSome(manager, leaves)) return;
  }
  await manager.query(`DELETE FROM ${table} WHERE id ${among}`, ids);
}

function tableOf(manager: EntityManager, entity: Class): string {
  return manager.connection.getMetadata(entity).tableName;
}
