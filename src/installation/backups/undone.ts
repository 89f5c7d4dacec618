import { AuditAction } from '../../changes/record/audit-event.entity.js';
import type { Ask } from './contents.js';

const MOST_TOLD = 200;
const OF_NO_CONSEQUENCE = [AuditAction.SIGN_IN, AuditAction.SIGN_OUT];

/**
 * What was done in a database after a moment, from its record: a line for each, the oldest first.
 * @param since ISO 8601, UTC
 */
export async function listUndone(ask: Ask, since: string): Promise<string[]> {
  const moment = since.replace('T', ' ').replace('Z', '');
  const left = OF_NO_CONSEQUENCE.map(() => '?').join(', ');
  const rows = await ask(
    `SELECT e.at AS at, e.action AS action, e.object_id AS object, t.host AS host FROM audit_events e
     JOIN tenants t ON t.id = e.tenant_id WHERE e.at > ? AND e.action NOT IN (${left}) ORDER BY e.at, e.id LIMIT ${MOST_TOLD + 1}`,
    [moment, ...OF_NO_CONSEQUENCE],
  );
  const lines = rows.slice(0, MOST_TOLD).map(({ at, action, object, host }) => `${momentOf(at)}  ${action}  ${object}  at ${host}`);
  return rows.length > MOST_TOLD ? [...lines, 'and more'] : lines;
}

function momentOf(value: unknown): string {
  return value instanceof Date ? value.toISOString() : `${String(value).replace(' ', 'T')}Z`;
}
