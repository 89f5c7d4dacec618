import { type EntityManager, In } from 'typeorm';
import { toSqlText } from '../../platform/database/moments.js';
import { breathe } from '../../platform/queues/breath.js';
import type { TenantContext } from '../../tenants/caller.js';
import { Client } from '../client.entity.js';
import { OrderDirection } from '../client.input.js';
import { SORT_COLUMN } from './client-cursor.js';
import { type ClientPart, matching } from './client-filter.service.js';
import type { ClientPage } from './client-page.service.js';

/** Where a client stands, as SQLite has it: moments are texts. */
interface Place {
  id: string;
  key: string | null;
}

/**
 * Reads a page from what is in parts of all clients, of each of which one can have a place in it. Others are served between two parts: SQLite
 * works in this thread.
 */
export async function readPageInParts(
  manager: EntityManager,
  caller: TenantContext,
  page: ClientPage,
  parts: AsyncIterable<ClientPart>,
): Promise<Client[]> {
  const sign = page.order.direction === OrderDirection.ASC ? 1 : -1;
  const inOrder = (one: Place, other: Place) => compare(one, other) * sign;
  const places = new Map<string, Place>();
  /** Where it was left off in each part that has more. */
  const ends = new Map<ClientPart, Place>();
  const read = async (part: ClientPart, position: ClientPage['position']) => {
    const found = await placesIn(manager, caller, { ...page, position }, part);
    // One that is used meanwhile comes into another part, or another place.
    for (const place of found) places.set(place.id, place);
    ends.delete(part);
    if (found.length === page.limit) ends.set(part, found.at(-1) as Place);
    await breathe();
  };
  const firstOnes = () => [...places.values()].toSorted(inOrder).slice(0, page.limit);
  for await (const part of parts) await read(part, page.position);
  for (let isWhole = false; !isWhole; ) {
    const last = firstOnes()[page.limit - 1];
    const early = [...ends].filter(([, end]) => !last || inOrder(end, last) < 0);
    for (const [part, end] of early) await read(part, end);
    isWhole = early.length === 0;
  }
  const first = firstOnes();
  const clients = await manager.findBy(Client, { id: In(first.map(({ id }) => id)) });
  const byId = new Map(clients.map((client) => [client.id, client]));
  return first.flatMap(({ id }) => byId.get(id) ?? []);
}

/**
 * The first of a part after the position of a page. All of the part is looked at and then sorted: in the order that is wanted SQLite would go
 * through all clients, for each part again. The limit within keeps it from that.
 */
function placesIn(manager: EntityManager, caller: TenantContext, page: ClientPage, part: ClientPart): Promise<Place[]> {
  const { field, direction } = page.order;
  const all = matching(manager, caller, part).select('client.id', 'id').addSelect(`client.${SORT_COLUMN[field]}`, 'key');
  const [sql, parameters] = all.getQueryAndParameters();
  const [after, position] = afterPosition(page);
  return manager.query(
    `SELECT id, "key" FROM (${sql} LIMIT -1) WHERE ${after} ORDER BY "key" ${direction}, id ${direction} LIMIT ${page.limit}`,
    [...parameters, ...position],
  );
}

/** What comes after the position of a page, absent keys before all others. */
function afterPosition({ order, position }: ClientPage): [sql: string, parameters: string[]] {
  if (!position) return ['true', []];
  const { id } = position;
  const key = position.key instanceof Date ? toSqlText(position.key) : position.key;
  const isUpward = order.direction === OrderDirection.ASC;
  if (key === null) return [isUpward ? '("key" IS NOT NULL OR id > ?)' : '("key" IS NULL AND id < ?)', [id]];
  const beyond = isUpward ? '"key" > ? OR ("key" = ? AND id > ?)' : '"key" IS NULL OR "key" < ? OR ("key" = ? AND id < ?)';
  return [`(${beyond})`, [key, key, id]];
}

/** As SQLite sorts: byte by byte, and what is absent comes first. */
function compare(a: Place, b: Place): number {
  if (a.key === null || b.key === null) return Number(b.key === null) - Number(a.key === null) || compareText(a.id, b.id);
  return compareText(a.key, b.key) || compareText(a.id, b.id);
}

function compareText(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
