import type { EntityManager, SelectQueryBuilder } from 'typeorm';
import type { TenantContext } from '../access/principal.js';
import { type Connection, type PageRequest, requirePageSize, toConnection } from '../platform/connection.js';
import { toSearchText } from '../platform/search-text.js';
import type { Database } from '../platform/transaction.js';
import { Client } from './client.entity.js';
import { ClientOrder, ClientOrderField, OrderDirection } from './client.input.js';
import { fromClientCursor, type Position, SORT_COLUMN, toClientCursor } from './client-cursor.js';
import { present } from './client-row.service.js';

/** Which clients to list. */
export interface ClientListRequest extends PageRequest {
  search?: string | null | undefined;
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
  async list(caller: TenantContext, { search, orderBy, ...page }: ClientListRequest): Promise<Connection<Client>> {
    requirePageSize(caller, page.first);
    const { field, direction } = orderBy ?? { field: ClientOrderField.NAME, direction: OrderDirection.ASC };
    const position = page.after == null ? null : fromClientCursor(page.after, field);
    const rows = await this.database.read((manager) => {
      const query = matching(manager, caller, search);
      if (position) continueAfter(query, position, { field, direction });
      return inOrder(query, { field, direction })
        .limit(page.first + 1)
        .getMany();
    });
    const clients = rows.map((client) => present(client, caller.issuer));
    return toConnection(clients, page, (client) => toClientCursor(client, field));
  }

  /** How many clients there are, or match. */
  count(caller: TenantContext, search?: string | null): Promise<number> {
    return this.database.read((manager) => matching(manager, caller, search).getCount());
  }
}

function matching(manager: EntityManager, { tenant }: TenantContext, search?: string | null): SelectQueryBuilder<Client> {
  const query = manager.createQueryBuilder(Client, 'client').where('client.tenantId = :tenantId', { tenantId: tenant.id });
  const text = toSearchText(search ?? '').trim();
  return text === '' ? query : query.andWhere('INSTR(client.searchText, :text) > 0', { text });
}

/** By id among equal keys; client ids are never equal, and asking all the same would cost the index. */
function inOrder(query: SelectQueryBuilder<Client>, { field, direction }: ClientOrder): SelectQueryBuilder<Client> {
  query.orderBy(`client.${SORT_COLUMN[field]}`, direction);
  return field === ClientOrderField.CLIENT_ID ? query : query.addOrderBy('client.id', direction);
}

/** Written so that both databases walk the index: first to the key, then past the id among equal keys. */
function continueAfter(query: SelectQueryBuilder<Client>, { key, id }: Position, { field, direction }: ClientOrder): void {
  const column = `client.${SORT_COLUMN[field]}`;
  const beyond = direction === OrderDirection.ASC ? '>' : '<';
  if (field === ClientOrderField.CLIENT_ID) {
    query.andWhere(`${column} ${beyond} :key`, { key });
    return;
  }
  const value = field === ClientOrderField.CREATED_AT ? new Date(key) : key;
  query.andWhere(`${column} ${beyond}= :key AND (${column} ${beyond} :key OR client.id ${beyond} :id)`, { key: value, id });
}
