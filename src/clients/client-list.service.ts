import type { EntityManager } from 'typeorm';
import type { TenantContext } from '../access/principal.js';
import { type Connection, type PageRequest, requirePageSize, toConnection } from '../platform/connection.js';
import type { Database } from '../platform/transaction.js';
import { Client } from './client.entity.js';
import { type ClientOrder, ClientOrderField, OrderDirection } from './client.input.js';
import { fromClientCursor, toClientCursor } from './client-cursor.js';
import { type ClientMatch, matching, searchedText } from './client-filter.service.js';
import { type ClientPage, nextOf, readPage } from './client-page.service.js';
import { present } from './client-row.service.js';
import { findCandidates, hasSegments, idsOf, segmentsOf } from './client-search.service.js';

/** How many clients a search looks at before it goes another way; measured with a million clients. */
export interface SearchLimits {
  /** In the order of the list, before the index is asked: what many match is found among them. */
  firstLook: number;
  /** Candidates that the index names, rather than more in the order of the list. */
  few: number;
  /** In the order of the list, when there are more candidates than that. They fill a page, unless they are all at its end. */
  secondLook: number;
  /** Candidates, rather than all clients. */
  many: number;
}

const LIMITS: SearchLimits = { firstLook: 500, few: 15_000, secondLook: 8_000, many: 200_000 };

/** Which clients to list. */
export interface ClientListRequest extends PageRequest, ClientMatch {
  orderBy?: ClientOrder | null | undefined;
}

/** Reads clients for people: one, some, or how many. */
export class ClientListService {
  constructor(
    private readonly database: Database,
    private readonly limits = LIMITS,
  ) {}

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
    const page = { match: request, order, position, limit: request.first + 1 };
    const rows = await this.database.read((manager) => this.#findPage(manager, caller, page));
    const clients = rows.map((client) => present(client, caller.issuer));
    return toConnection(clients, request, (client) => toClientCursor(client, order.field));
  }

  /** How many clients there are, or match. */
  count(caller: TenantContext, match: ClientMatch): Promise<number> {
    return this.database.read((manager) => matching(manager, caller, match).getCount());
  }

  /** Whatever is searched, few clients are looked at: where many match, the next ones in the order; where few do, those that the index names. */
  async #findPage(manager: EntityManager, caller: TenantContext, page: ClientPage): Promise<Client[]> {
    const text = searchedText(page.match);
    const tenantId = caller.tenant.id;
    const segments = text === '' ? [] : await segmentsOf(manager, tenantId);
    if (segments.length === 0) return readPage(manager, caller, page);
    const look = (count: number) => readPage(manager, caller, { ...page, near: nextOf(manager, caller, page, count) });
    const isWhole = (rows: readonly Client[]) => rows.length === page.limit;
    const first = await look(this.limits.firstLook);
    if (isWhole(first)) return first;
    const candidates = await findCandidates(manager, { tenantId, segments, text });
    const second = candidates.count > this.limits.few ? await look(this.limits.secondLook) : [];
    if (isWhole(second)) return second;
    if (candidates.count > this.limits.many) return readPage(manager, caller, page);
    const rows = await readPage(manager, caller, { ...page, near: idsOf(candidates, tenantId) });
    // Clients that were indexed meanwhile are where nobody looked: it is done again.
    return (await hasSegments(manager, tenantId, segments)) ? rows : this.#findPage(manager, caller, page);
  }
}
