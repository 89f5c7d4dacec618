import type { EntityManager, SelectQueryBuilder } from 'typeorm';
import { isOnSqlite } from '../../platform/database/dialect.js';
import type { Database } from '../../platform/database/transaction.js';
import { type Connection, type PageRequest, requirePageSize, toConnection } from '../../platform/graphql/connection.js';
import { nextSlice } from '../../platform/queues/slices.js';
import type { TenantContext } from '../../tenants/caller.js';
import { Client } from '../client.entity.js';
import { present } from '../client-row.service.js';
import { type Candidates, findCandidates, hasSegments, idsInParts, idsOf, segmentsOf } from '../search/client-search.service.js';
import { fromClientCursor, type Position, toClientCursor } from './client-cursor.js';
import { type ClientOrder, ClientOrderField, OrderDirection } from './client-filter.input.js';
import { type ClientMatch, type ClientPart, counted, isFiltered, isLong, matching, searchedText } from './client-filter.service.js';
import { type ClientPage, nextOf, placeAfter, readPage } from './client-page.service.js';
import { readPageInParts } from './client-part-page.service.js';
import { type PartSizes, partSizes, partsOf, waitingParts } from './client-parts.service.js';
import { RowSet } from './row-set.js';

/** How many clients a search looks at before it goes another way; measured with a million clients. */
export interface SearchLimits extends PartSizes {
  /** In the order of the list, before the index is asked: what many match is found among them. */
  firstLook: number;
  /** Candidates that the index names, rather than more in the order of the list. */
  few: number;
  /** In the order of the list, when there are more candidates than that. They fill a page, unless they are all at its end. */
  secondLook: number;
  /** Of these on SQLite, which works in this thread: their rows may have 40 KB each. */
  lookedAtOnce: number;
  /** Candidates, rather than all clients. */
  many: number;
}

const LIMITS: SearchLimits = {
  firstLook: 500,
  few: 15_000,
  secondLook: 8_000,
  lookedAtOnce: 250,
  many: 200_000,
  inIndex: 20_000,
  inRows: 1_000,
  byId: 250,
  ending: 4_000,
};

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
    requirePageSize(request.first);
    const order = orderBy ?? { field: ClientOrderField.NAME, direction: OrderDirection.ASC };
    const position = request.after == null ? null : fromClientCursor(request.after, order.field);
    const page = { match: request, order, position, limit: request.first + 1 };
    const rows = await this.database.read((manager) => this.#findPage(manager, caller, page), { isLong: isLong(caller, request) });
    const clients = rows.map((client) => present(client, caller.issuer));
    return toConnection(clients, request, (client) => toClientCursor(client, order.field));
  }

  /** How many clients there are, or match. */
  count(caller: TenantContext, match: ClientMatch): Promise<number> {
    return this.database.read((manager) => this.#count(manager, caller, match), { isLong: isLong(caller, match) });
  }

  /** Some at a time: SQLite works in this thread. */
  async #count(manager: EntityManager, caller: TenantContext, match: ClientMatch): Promise<number> {
    const text = searchedText(match);
    const tenantId = caller.tenant.id;
    const segments = text === '' ? [] : await segmentsOf(manager, tenantId);
    const candidates = segments.length === 0 ? undefined : await findCandidates(manager, { tenantId, segments, text });
    let count = 0;
    const rows = new RowSet();
    for await (const part of partsToLookAt(manager, { tenantId, match, candidates }, this.limits)) {
      // One that is used meanwhile comes into another part.
      if (part.within) for (const row of await rowsOf(matching(manager, caller, part))) rows.add(row);
      else count += await counted(manager, caller, part).getCount();
      await nextSlice();
    }
    const isWhole = segments.length === 0 || (await hasSegments(manager, tenantId, segments));
    return isWhole ? count + rows.size : this.#count(manager, caller, match);
  }

  /** Looks at few clients: where many match, at the next ones in the order; where few do, at those that the index names. */
  async #findPage(manager: EntityManager, caller: TenantContext, page: ClientPage): Promise<Client[]> {
    const { match } = page;
    if (!isFiltered(match)) return readPage(manager, caller, page);
    const tenantId = caller.tenant.id;
    const segments = isScattered(match) ? await segmentsOf(manager, tenantId) : [];
    if (segments.length === 0) return this.#readFound(manager, caller, page);
    const first = await this.#look(manager, caller, page, this.limits.firstLook);
    if (first) return first;
    const text = searchedText(match);
    const candidates = text === '' ? undefined : await findCandidates(manager, { tenantId, segments, text });
    const isAmongFew = candidates !== undefined && candidates.count <= this.limits.few;
    const second = isAmongFew ? undefined : await this.#look(manager, caller, page, this.limits.secondLook);
    if (second) return second;
    if (!candidates || candidates.count > this.limits.many) return this.#readFound(manager, caller, page);
    const rows = await this.#readFound(manager, caller, page, candidates);
    // Clients that were indexed meanwhile are where nobody looked: it is done again.
    return (await hasSegments(manager, tenantId, segments)) ? rows : this.#findPage(manager, caller, page);
  }

  /** Reads the page among all clients, or among candidates: in one go where that holds up nobody. */
  #readFound(manager: EntityManager, caller: TenantContext, page: ClientPage, candidates?: Candidates): Promise<Client[]> {
    const tenantId = caller.tenant.id;
    if (!isOnSqlite(manager)) return readPage(manager, caller, { ...page, ...(candidates && { near: idsOf(candidates, tenantId) }) });
    return readPageInParts(manager, caller, page, partsToLookAt(manager, { tenantId, match: page.match, candidates }, this.limits));
  }

  /** The page, if the next so many clients in its order fill it. */
  async #look(manager: EntityManager, caller: TenantContext, page: ClientPage, count: number): Promise<Client[] | undefined> {
    const step = isOnSqlite(manager) ? Math.min(count, this.limits.lookedAtOnce) : count;
    const found = new Map<string, Client>();
    let position: Position | null | undefined = page.position;
    for (let looked = 0; looked < count && position !== undefined; looked += step) {
      const rest = { ...page, position, limit: page.limit - found.size };
      const rows = await readPage(manager, caller, { ...rest, near: nextOf(manager, caller, rest, step) });
      for (const client of rows) if (!found.has(client.id)) found.set(client.id, client);
      if (found.size === page.limit) return [...found.values()];
      if (step === count) return undefined;
      position = await placeAfter(manager, caller, rest, step);
      await nextSlice();
    }
    return undefined;
  }
}

/** By their numbers, as SQLite has them. */
async function rowsOf(query: SelectQueryBuilder<Client>): Promise<number[]> {
  const rows = await query.select('client.rowid', 'row').getRawMany<{ row: number }>();
  return rows.map(({ row }) => row);
}

/** Where clients that match are looked for, all of them when there are no candidates. */
async function* partsToLookAt(
  manager: EntityManager,
  { tenantId, match, candidates }: { tenantId: string; match: ClientMatch; candidates: Candidates | undefined },
  sizes: PartSizes,
): AsyncGenerator<ClientPart> {
  if (candidates) {
    const nextSize = partSizes(manager, sizes.byId);
    for (const near of idsInParts(candidates, nextSize)) yield { match, near };
    for await (const near of waitingParts(manager, tenantId, nextSize)) yield { match, near };
  } else if (isOnSqlite(manager) && isFiltered(match)) {
    yield* partsOf(manager, { tenantId, match }, sizes);
  } else {
    yield { match };
  }
}

/** Whether clients that match may be anywhere in the list. Those with a secret that ends are found by the secret. */
function isScattered(match: ClientMatch): boolean {
  return searchedText(match) !== '' || (match.filter?.secretExpiresBefore == null && isFiltered(match));
}
