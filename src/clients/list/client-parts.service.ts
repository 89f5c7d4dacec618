import type { EntityManager } from 'typeorm';
import { storable, toSqlText } from '../../platform/database/moments.js';
import { type ClientIdQuery, type ClientMatch, type ClientPart, searchedText } from './client-filter.service.js';

/** How many clients are looked at in one go. */
export interface PartSizes {
  /** Of what one index tells, in some ten milliseconds. */
  inIndex: number;
  /** Of what takes the row of each, which may have 40 KB. */
  inRows: number;
  /** Of those that a secret which ends leads to, rather than all. */
  ending: number;
}

/** The clients of a tenant among which those that match are, some at a time; each is in one part. For SQLite, which works in this thread. */
export async function* partsOf(
  manager: EntityManager,
  { tenantId, match }: { tenantId: string; match: ClientMatch },
  { inIndex, inRows, ending }: PartSizes,
): AsyncGenerator<ClientPart> {
  const { secretExpiresBefore: before, ...filter } = match.filter ?? {};
  if (before && (await areFewEnding(manager, { tenantId, before }, ending)))
    yield { match: { ...match, filter }, near: ofEnding(tenantId, before) };
  else yield* partsByUse(manager, { tenantId, match }, before || searchedText(match) !== '' ? inRows : inIndex);
}

/** Whether the clients are best found by their secrets. */
async function areFewEnding(
  manager: EntityManager,
  { tenantId, before }: { tenantId: string; before: Date },
  few: number,
): Promise<boolean> {
  const ending = `SELECT 1 FROM client_secrets WHERE tenant_id = ? AND expires_at > ? AND expires_at < ? LIMIT 1 OFFSET ${few}`;
  const rows: unknown[] = await manager.query(ending, [tenantId, toSqlText(new Date()), toSqlText(storable(before))]);
  return rows.length === 0;
}

/** The clients with a secret that ends. */
function ofEnding(tenantId: string, before: Date): ClientIdQuery {
  const ids =
    'SELECT DISTINCT client_row_id AS id FROM client_secrets WHERE tenant_id = :tenantId AND expires_at > :now AND expires_at < :end';
  return { ids, parameters: { tenantId, now: toSqlText(new Date()), end: toSqlText(storable(before)) } };
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
