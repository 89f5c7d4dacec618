import type { EntityManager } from 'typeorm';
import { isOnSqlite } from '../../platform/database/dialect.js';
import { storable, toSqlText } from '../../platform/database/moments.js';
import { type ClientIdQuery, type ClientMatch, type ClientPart, searchedText } from './client-filter.service.js';

/** How many clients are looked at in one go. */
export interface PartSizes {
  /** Of what one index tells, in some ten milliseconds. */
  inIndex: number;
  /** Of what takes the beginning of the row of each. */
  inRows: number;
  /** At first, of those that something else has named: what is filtered by stands at the end of the row, which may have 40 KB. */
  byId: number;
  /** Of those that a secret which ends leads to, all in all; where there are more, all clients are looked at. */
  ending: number;
}

/** How much larger a part of small rows may become. */
const MOST_GROWTH = 16;
const QUICK_MS = 4;
const SLOW_MS = 12;

/**
 * How many to look at next: of rows of which nobody knows how long they are twice as many as before while those took few milliseconds, with
 * others who were served meanwhile. MariaDB keeps nobody waiting.
 * @param first how many at first, and at least
 */
export function partSizes(manager: EntityManager, first: number): () => number {
  const most = first * MOST_GROWTH;
  if (!isOnSqlite(manager)) return () => most;
  let size = first;
  let began = Number.NEGATIVE_INFINITY;
  return () => {
    const now = performance.now();
    const took = now - began;
    began = now;
    if (took < QUICK_MS) size = Math.min(2 * size, most);
    else if (took > SLOW_MS) size = Math.max(Math.floor(size / 2), first);
    return size;
  };
}

/** The clients of a tenant among which those that match are, some at a time; each is in one part. For SQLite, which works in this thread. */
export async function* partsOf(
  manager: EntityManager,
  { tenantId, match }: { tenantId: string; match: ClientMatch },
  { inIndex, inRows, byId, ending }: PartSizes,
): AsyncGenerator<ClientPart> {
  const { secretExpiresBefore: before, ...filter } = match.filter ?? {};
  const ids = before ? await idsOfEnding(manager, { tenantId, before }, ending + 1) : [];
  if (!before || ids.length > ending)
    return yield* partsByUse(manager, { tenantId, match }, before || searchedText(match) !== '' ? inRows : inIndex);
  const nextSize = partSizes(manager, byId);
  while (ids.length > 0) {
    const near = { ids: 'SELECT id FROM clients WHERE id IN (:...ids)', parameters: { ids: ids.splice(0, nextSize()) } };
    yield { match: { ...match, filter }, near };
  }
}

/** The clients with a secret that ends. */
async function idsOfEnding(
  manager: EntityManager,
  { tenantId, before }: { tenantId: string; before: Date },
  most: number,
): Promise<string[]> {
  const ending = `SELECT DISTINCT client_row_id AS id FROM client_secrets WHERE tenant_id = ? AND expires_at > ? AND expires_at < ? LIMIT ${most}`;
  const rows: { id: string }[] = await manager.query(ending, [tenantId, toSqlText(new Date()), toSqlText(storable(before))]);
  return rows.map(({ id }) => id);
}

/** Clients that the search index does not have yet, some at a time. */
export async function* waitingParts(manager: EntityManager, tenantId: string, nextSize: () => number): AsyncGenerator<ClientIdQuery> {
  const waiting = 'SELECT id FROM clients WHERE search_slot IS NULL AND tenant_id = ';
  const next = () => `${waiting}? AND id > ? ORDER BY id LIMIT 1 OFFSET ${nextSize() - 1}`;
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
  for await (const { from, to } of stretches(manager, () => unused, [tenantId])) {
    const until = to === undefined ? '' : ' AND client.id <= :to';
    yield { match, within: [`client.lastUsedAt IS NULL AND client.id > :from${until}`, { from, to }] };
  }
  const used = `SELECT last_used_at AS id FROM clients WHERE tenant_id = ? AND last_used_at > ? ORDER BY last_used_at ${one}`;
  for await (const { from, to } of stretches(manager, () => used, [tenantId])) {
    const until = to === undefined ? '' : ' AND client.lastUsedAt <= :to';
    yield { match, within: [`client.lastUsedAt > :from${until}`, { from, to }] };
  }
}

/** From one place to the next, which a query tells; up to the end when there is none. */
async function* stretches(
  manager: EntityManager,
  next: () => string,
  parameters: string[],
): AsyncGenerator<{ from: string; to: string | undefined }> {
  for (let from: string | undefined = ''; from !== undefined; ) {
    const [row]: { id: string }[] = await manager.query(next(), [...parameters, from]);
    yield { from, to: row?.id };
    from = row?.id;
  }
}
