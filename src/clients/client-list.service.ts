import type { EntityManager, SelectQueryBuilder } from 'typeorm';
import type { TenantContext } from '../access/principal.js';
import { type Connection, type PageRequest, requirePageSize, toConnection } from '../platform/connection.js';
import type { Database } from '../platform/transaction.js';
import { Client } from './client.entity.js';
import { ClientOrder, ClientOrderField, OrderDirection } from './client.input.js';
import { fromClientCursor, type Position, SORT_COLUMN, toClientCursor } from './client-cursor.js';
import { type ClientMatch, matching } from './client-filter.service.js';
import { present } from './client-row.service.js';

/** Which clients to list. */
export interface ClientListRequest extends PageRequest, ClientMatch {
  orderBy?: ClientOrder | null | undefined;
}

/** Reads clients for people: one, some, or how many. */
export class ClientListService {
  constructor(private readonly database: Database) {}

  /** The client with exactly this client id. */
  async find(caller: TenantContext, clientId: string): Promise<Client | null> {
    const client = await this.database.read((manager) => manager.findOneBy(Client, { tenantId: caller.tenant.id, clientId }));
    return client && present(client, caller.issuer);
  }

  /**
   * One page of clients.
   * @throws {BadUserInput} when `first` or `after` make no sense
   */
  async list(caller: TenantContext, { orderBy, ...request }: ClientListRequest): Promise<Connection<Client>> {
    requirePageSize(caller, request.first);
    const order = orderBy ?? { field: ClientOrderField.NAME, direction: OrderDirection.ASC };
    const position = request.after == null ? null : fromClientCursor(request.after, order.field);
    const rows = await this.database.read((manager) => {
      const wanted = matching(manager, caller, request);
      if (position) continueAfter(wanted, position, order);
      return rowsOf(manager, inOrder(wanted, order).limit(request.first + 1), order).getMany();
    });
    const clients = rows.map((client) => present(client, caller.issuer));
    return toConnection(clients, request, (client) => toClientCursor(client, order.field));
  }

  /** How many clients there are, or match. */
  count(caller: TenantContext, match: ClientMatch): Promise<number> {
    return this.database.read((manager) => matching(manager, caller, match).getCount());
  }
}

/** Chosen by their ids, which an index has beside what it sorts by: only the rows of the page itself are fetched. */
function rowsOf(manager: EntityManager, page: SelectQueryBuilder<Client>, order: ClientOrder): SelectQueryBuilder<Client> {
  const ids = page.select('client.id', 'id');
  const rows = manager.createQueryBuilder(Client, 'client').innerJoin(`(${ids.getQuery()})`, 'page', 'page.id = client.id');
  return inOrder(rows.setParameters(ids.getParameters()), order);
}

/** By id among equal keys; client ids are never equal, and asking all the same would cost the index. */
function inOrder(query: SelectQueryBuilder<Client>, { field, direction }: ClientOrder): SelectQueryBuilder<Client> {
  query.orderBy(`client.${SORT_COLUMN[field]}`, direction);
  return field === ClientOrderField.CLIENT_ID ? query : query.addOrderBy('client.id', direction);
}

/** Written so that both databases walk the index: first to the key, then past the id among equal keys. Null comes before every key. */
function continueAfter(query: SelectQueryBuilder<Client>, { key, id }: Position, { field, direction }: ClientOrder): void {
  const column = `client.${SORT_COLUMN[field]}`;
  const isUpward = direction === OrderDirection.ASC;
  const beyond = isUpward ? '>' : '<';
  if (field === ClientOrderField.CLIENT_ID) {
    query.andWhere(`${column} ${beyond} :key`, { key });
  } else if (key === null) {
    query.andWhere(isUpward ? `(${column} IS NOT NULL OR client.id > :id)` : `${column} IS NULL AND client.id < :id`, { id });
  } else {
    const isFurther = `${column} ${beyond}= :key AND (${column} ${beyond} :key OR client.id ${beyond} :id)`;
    const endsWithNull = field === ClientOrderField.LAST_USED_AT && !isUpward;
    query.andWhere(endsWithNull ? `(${column} IS NULL OR ${isFurther})` : isFurther, { key, id });
  }
}
