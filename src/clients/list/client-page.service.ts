import { type EntityManager, In, type SelectQueryBuilder } from 'typeorm';
import { breathe } from '../../platform/queues/breath.js';
import type { TenantContext } from '../../tenants/caller.js';
import { Client } from '../client.entity.js';
import { type ClientOrder, ClientOrderField, OrderDirection } from '../client.input.js';
import { type Position, SORT_COLUMN } from './client-cursor.js';
import { type ClientIdQuery, type ClientMatch, type ClientPart, matching } from './client-filter.service.js';

/** A page of a list as it is asked for. */
export interface ClientPage {
  match: ClientMatch;
  order: ClientOrder;
  /** After which client it begins; at the first one when null. */
  position: Position | null;
  /** How many clients at most. */
  limit: number;
}

/**
 * Reads a page. Its clients are chosen by their ids, which an index has beside what it sorts by: only their rows are fetched.
 * @param near the clients among which to look, all when absent
 */
export async function readPage(
  manager: EntityManager,
  caller: TenantContext,
  page: ClientPage & { near?: ClientIdQuery },
): Promise<Client[]> {
  const rows = await readStretch(manager, caller, page);
  if (rows.length === page.limit || !endsBeforeNull(page)) return rows;
  const rest = { ...page, position: BEFORE_NULL, limit: page.limit - rows.length };
  return [...rows, ...(await readStretch(manager, caller, rest))];
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
  let first: Place[] = [];
  for await (const part of parts) {
    const stretches = endsBeforeNull(page) ? [page, { ...page, position: BEFORE_NULL }] : [page];
    const found: Place[] = [];
    for (const stretch of stretches) found.push(...(await placesIn(manager, caller, stretch, part).getRawMany<Place>()));
    // One that is used meanwhile comes into another part.
    const again = new Set(found.map(({ id }) => id));
    first = [...first.filter(({ id }) => !again.has(id)), ...found]
      .toSorted((a, b) => compare(a, b) * (page.order.direction === OrderDirection.ASC ? 1 : -1))
      .slice(0, page.limit);
    await breathe();
  }
  const clients = await manager.findBy(Client, { id: In(first.map(({ id }) => id)) });
  const byId = new Map(clients.map((client) => [client.id, client]));
  return first.flatMap(({ id }) => byId.get(id) ?? []);
}

/** Where a client stands, as SQLite has it: moments are texts. */
interface Place {
  id: string;
  key: string | null;
}

/** As SQLite sorts: byte by byte, and what is absent comes first. */
function compare(a: Place, b: Place): number {
  if (a.key === null || b.key === null) return Number(b.key === null) - Number(a.key === null) || compareText(a.id, b.id);
  return compareText(a.key, b.key) || compareText(a.id, b.id);
}

function compareText(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** Above every id. */
const BEFORE_NULL: Position = { key: null, id: '~' };

/** Whether absent keys follow, which a walk of the index from the position does not come to. */
function endsBeforeNull({ order: { field, direction }, position }: ClientPage): boolean {
  return field === ClientOrderField.LAST_USED_AT && direction === OrderDirection.DESC && position !== null && position.key !== null;
}

function readStretch(
  manager: EntityManager,
  caller: TenantContext,
  { near, ...page }: ClientPage & { near?: ClientIdQuery },
): Promise<Client[]> {
  const ids = placesIn(manager, caller, page, { match: page.match, ...(near && { near }) }).select('client.id', 'id');
  const rows = manager.createQueryBuilder(Client, 'client').innerJoin(`(${ids.getQuery()})`, 'page', 'page.id = client.id');
  return inOrder(rows.setParameters(ids.getParameters()), page).getMany();
}

/** The ids of the clients of a page, with what they are sorted by. */
function placesIn(manager: EntityManager, caller: TenantContext, page: ClientPage, part: ClientPart): SelectQueryBuilder<Client> {
  const wanted = inOrder(continueAfter(matching(manager, caller, part), page), page).limit(page.limit);
  return wanted.select('client.id', 'id').addSelect(`client.${SORT_COLUMN[page.order.field]}`, 'key');
}

/** The next so many clients in the order of a page, whether they match or not; fewer where absent keys begin. */
export function nextOf(manager: EntityManager, caller: TenantContext, page: ClientPage, count: number): ClientIdQuery {
  const all = inOrder(continueAfter(matching(manager, caller, { match: {} }), page), page)
    .limit(count)
    .select('client.id', 'id');
  return { ids: all.getQuery(), parameters: all.getParameters() };
}

/** By id among equal keys; client ids are never equal, and asking all the same would cost the index. */
function inOrder(query: SelectQueryBuilder<Client>, { order: { field, direction } }: ClientPage): SelectQueryBuilder<Client> {
  query.orderBy(`client.${SORT_COLUMN[field]}`, direction);
  return field === ClientOrderField.CLIENT_ID ? query : query.addOrderBy('client.id', direction);
}

/**
 * Written so that both databases walk the index: first to the key, then past the id among equal keys. Null comes before
 * every key; downward the walk ends before it.
 */
function continueAfter(query: SelectQueryBuilder<Client>, { position, order }: ClientPage): SelectQueryBuilder<Client> {
  if (!position) return query;
  const { key, id } = position;
  const { field, direction } = order;
  const column = `client.${SORT_COLUMN[field]}`;
  const isUpward = direction === OrderDirection.ASC;
  const beyond = isUpward ? '>' : '<';
  if (field === ClientOrderField.CLIENT_ID) return query.andWhere(`${column} ${beyond} :key`, { key });
  if (key === null)
    return query.andWhere(isUpward ? `(${column} IS NOT NULL OR client.id > :id)` : `${column} IS NULL AND client.id < :id`, { id });
  return query.andWhere(`${column} ${beyond}= :key AND (${column} ${beyond} :key OR client.id ${beyond} :id)`, { key, id });
}
