import { toSqlText } from '../../platform/database/moments.js';
import type { AuditEvent } from './audit-event.entity.js';
import type { LinkedEntry } from './chain-check.rules.js';

/** Runs a query on the database, or within a transaction. */
export type Ask = (sql: string, parameters: unknown[]) => Promise<Record<string, unknown>[]>;

/**
 * Reads linked entries of a tenant by their places. Without the entity: what was put in may be nothing that it could read.
 * @param after the place before the first one
 * @param limit how many at most
 */
export async function readLinkedEntries(ask: Ask, tenantId: string, after: number, limit: number): Promise<LinkedEntry[]> {
  const sql = `SELECT * FROM audit_events WHERE tenant_id = ? AND sequence > ? ORDER BY sequence, id LIMIT ${limit}`;
  return (await ask(sql, [tenantId, after])).map(toEntry);
}

function toEntry(row: Record<string, unknown>): LinkedEntry {
  const entry = {
    id: row.id,
    tenantId: row.tenant_id,
    at: row.at instanceof Date ? row.at : readMoment(row.at),
    action: row.action,
    actorType: row.actor_type,
    actorId: row.actor_id,
    actorName: row.actor_name,
    objectType: row.object_type,
    objectId: row.object_id,
    before: parse(row.before),
    after: parse(row.after),
    requestId: row.request_id,
    address: row.address,
    sequence: Number(row.sequence),
    hash: typeof row.hash === 'string' ? row.hash : '',
  };
  return entry as Omit<AuditEvent, 'sequence' | 'hash'> & { sequence: number; hash: string };
}

/** A moment as SQLite has it. In any other form it is put in: it would be sorted, and looked for, as that text. */
function readMoment(text: unknown): Date {
  const moment = new Date(typeof text === 'string' ? `${text.replace(' ', 'T')}Z` : Number.NaN);
  const isOurs = !Number.isNaN(moment.getTime()) && toSqlText(moment) === text;
  return isOurs ? moment : new Date(Number.NaN);
}

function parse(json: unknown): unknown {
  if (json !== null && typeof json !== 'string') return { damaged: String(json) };
  try {
    const value = json === null ? null : JSON.parse(json);
    // With a member given twice, readers would differ in what it says.
    return json === null || JSON.stringify(value) === json ? value : { damaged: json };
  } catch {
    return { damaged: json };
  }
}
