import type { EntityManager, SelectQueryBuilder } from 'typeorm';
import { isOnSqlite } from '../../platform/database/dialect.js';
import type { TenantContext } from '../../tenants/caller.js';
import { Client } from '../client.entity.js';
import { type Position, SORT_COLUMN } from './client-cursor.js';
import { type ClientOrder, ClientOrderField, OrderDirection } from './client-filter.input.js';
import { type ClientIdQuery, type ClientMatch, matching } from './client-filter.service.js';

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
  const next = nextStretch(page);
  if (rows.length === page.limit || !next) return rows;
  return [...rows, ...(await readStretch(manager, caller, { ...page, position: next, limit: page.limit - rows.length }))];
}

/** Above every id. */
const BEFORE_NULL: Position = { key: null, id: '~' };
/** Below every key. */
const AFTER_NULL: Position = { key: new Date(Date.UTC(1000, 0)), id: '' };

/** Where the list goes on behind a stretch in which no key is absent, or all are: a walk of the index from the position does not come there. */
function nextStretch({ order: { field, direction }, position }: ClientPage): Position | undefined {
  if (field !== ClientOrderField.LAST_USED_AT || position === null) return undefined;
  const isNull = position.key === null;
  if (direction === OrderDirection.ASC) return isNull ? AFTER_NULL : undefined;
  return isNull ? undefined : BEFORE_NULL;
}

function readStretch(
  manager: EntityManager,
  caller: TenantContext,
  { near, ...page }: ClientPage & { near?: ClientIdQuery },
): Promise<Client[]> {
  const wanted = matching(manager, caller, { match: page.match, ...(near && { near }) });
  const ids = inOrder(continueAfter(wanted, page), page).limit(page.limit).select('client.id', 'id');
  const rows = manager.createQueryBuilder(Client, 'client').innerJoin(`(${ids.getQuery()})`, 'page', 'page.id = client.id');
  return inOrder(rows.setParameters(ids.getParameters()), page).getMany();
}

/** The next so many clients in the order of a page, whether they match or not; fewer where absent keys begin or end. */
export function nextOf(manager: EntityManager, caller: TenantContext, page: ClientPage, count: number): ClientIdQuery {
  const all = inOrder(continueAfter(matching(manager, caller, { match: {} }), page), page)
    .limit(count)
    .select('client.id', 'id');
  return { ids: all.getQuery(), parameters: all.getParameters() };
}

/** Where the last of the next so many clients stands; undefined when fewer follow. */
export async function placeAfter(
  manager: EntityManager,
  caller: TenantContext,
  page: ClientPage,
  count: number,
): Promise<Position | undefined> {
  const all = inOrder(continueAfter(matching(manager, caller, { match: {} }), page), page)
    .offset(count - 1)
    .limit(1);
  return all
    .select('client.id', 'id')
    .addSelect(`client.${SORT_COLUMN[page.order.field]}`, 'key')
    .getRawOne<{ id: string; key: string | null }>();
}

/** By id among equal keys; client ids are never equal, and asking all the same would cost the index. */
function inOrder(query: SelectQueryBuilder<Client>, { order: { field, direction } }: ClientPage): SelectQueryBuilder<Client> {
  query.orderBy(`client.${SORT_COLUMN[field]}`, direction);
  return field === ClientOrderField.CLIENT_ID ? query : query.addOrderBy('client.id', direction);
}

/**
 * Written so that both databases walk the index: SQLite seeks the very place, MySQL goes to the key, then past the id among equal keys. Null
 * comes before every key, and a walk ends where absent keys begin or end.
 */
function continueAfter(query: SelectQueryBuilder<Client>, { position, order }: ClientPage): SelectQueryBuilder<Client> {
  if (!position) return query;
  const { key, id } = position;
  const { field, direction } = order;
  const column = `client.${SORT_COLUMN[field]}`;
  const beyond = direction === OrderDirection.ASC ? '>' : '<';
  if (field === ClientOrderField.CLIENT_ID) return query.andWhere(`${column} ${beyond} :key`, { key });
  if (key === null) return query.andWhere(`${column} IS NULL AND client.id ${beyond} :id`, { id });
  const after = isOnSqlite(query)
    ? `(${column}, client.id) ${beyond} (:key, :id)`
    : `${column} ${beyond}= :key AND (${column} ${beyond} :key OR client.id ${beyond} :id)`;
  return query.andWhere(after, { key, id });
}
