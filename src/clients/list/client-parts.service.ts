import type { EntityManager } from 'typeorm';
import { storable, toSqlText } from '../../platform/database/moments.js';
import type { ClientIdQuery, ClientMatch, ClientPart } from './client-filter.service.js';
import { searchedText } from './client-filter.service.js';

/** How many clients are looked at in one go. */
export interface PartSizes {
  /** Of what one index tells, in some ten milliseconds. */
  inIndex: number;
  /** Of what takes the row of each. */
  inRows: number;
}

/** The clients of a tenant among which those that match are, some at a time; each is in one part. For SQLite, which works in this thread. */
export function partsOf(
  manager: EntityManager,
  { tenantId, match }: { tenantId: string; match: ClientMatch },
  { inIndex, inRows }: PartSizes,
): AsyncGenerator<ClientPart> {
  const { secretExpiresBefore: before, ...filter } = match.filter ?? {};
  if (before) return partsBySecret(manager, { tenantId, before, match: { ...match, filter } }, inRows);
  return partsByUse(manager, { tenantId, match }, searchedText(match) === '' ? inIndex : inRows);
}

/** Clients that the search index does not have yet, some at a time. */
export async function* waitingParts(manager: EntityManager, tenantId: string, { inRows }: PartSizes): AsyncGenerator<ClientIdQuery> {
  const waiting = 'SELECT id FROM clients WHERE search_slot IS NULL AND tenant_id = ';
  const next = `${waiting}? AND id > ? ORDER BY id LIMIT 1 OFFSET ${inRows - 1}`;
  for await (const { from, to } of stretches(manager, next, [tenantId])) {
    yield { ids: `${waiting}:tenantId AND id > :from${to === undefined ? '' : ' AND id <= :to'}`, parameters: { tenantId, from, to } };
  }
}

/** Along the index that has all that is filtered by: first those that were never used, by their ids. */
async function* partsByUse(
  manager: EntityManager,
  { tenantId, match }: { tenantId: string; match: ClientMatch },
  size: number,
): AsyncGenerator<ClientPart> {
  const one = `LIMIT 1 OFFSET ${size - 1}`;
  const unused = `SELECT id FROM clients WHERE tenant_id = ? AND last_used_at IS NULL AND id > ? ORDER BY id ${one}`;
  for await (const { from, to } of stretches(manager, unused, [tenantId])) {
    const until = to === undefined ? '' : ' AND client.id <= :to';
    yield { match, within: [`client.lastUsedAt IS NULL AND client.id > :from${until}`, { from, to }] };
  }
  const used = `SELECT last_used_at AS id FROM clients WHERE tenant_id = ? AND last_used_at > ? ORDER BY last_used_at ${one}`;
  for await (const { from, to } of stretches(manager, used, [tenantId])) {
    const until = to === undefined ? '' : ' AND client.lastUsedAt <= :to';
    yield { match, within: [`client.lastUsedAt > :from${until}`, { from, to }] };
  }
}

/** From one place to the next, which a query tells; up to the end when there is none. */
async function* stretches(
  manager: EntityManager,
  next: string,
  parameters: string[],
): AsyncGenerator<{ from: string; to: string | undefined }> {
  for (let from: string | undefined = ''; from !== undefined; ) {
    const [row]: { id: string }[] = await manager.query(next, [...parameters, from]);
    yield { from, to: row?.id };
    from = row?.id;
  }
}

/** Above every id. */
const LAST_ID = '~';

/** By the secrets that end, in the order of their ends: a client is where the first of its secrets is. */
async function* partsBySecret(
  manager: EntityManager,
  { tenantId, before, match }: { tenantId: string; before: Date; match: ClientMatch },
  size: number,
): AsyncGenerator<ClientPart> {
  const [now, end] = [new Date(), storable(before)].map(toSqlText) as [string, string];
  const place = '(expires_at, client_row_id)';
  const next = `SELECT expires_at, client_row_id FROM client_secrets WHERE tenant_id = ? AND ${place} > (?, ?) AND expires_at < ?
    ORDER BY expires_at, client_row_id LIMIT 1 OFFSET ${size - 1}`;
  for (let from: [at: string, client: string] | undefined = [now, LAST_ID]; from; ) {
    const [row]: { expires_at: string; client_row_id: string }[] = await manager.query(next, [tenantId, ...from, end]);
    const [at, client] = from;
    const until = row ? ` AND ${place} <= (:toAt, :toClient)` : '';
    const ids = `SELECT DISTINCT client_row_id AS id FROM client_secrets s WHERE tenant_id = :tenantId AND ${place} > (:at, :client) AND expires_at < :end${until}
      AND NOT EXISTS (SELECT 1 FROM client_secrets e WHERE e.client_row_id = s.client_row_id AND e.expires_at > :now AND e.expires_at < s.expires_at)`;
    yield { match, near: { ids, parameters: { tenantId, at, client, end, now, toAt: row?.expires_at, toClient: row?.client_row_id } } };
    from = row && [row.expires_at, row.client_row_id];
  }
}
