import { type EntityManager, In } from 'typeorm';
import { fromStored, toSqlText } from '../../platform/database/moments.js';
import { nextSlice } from '../../platform/queues/slices.js';
import type { TenantContext } from '../../tenants/caller.js';
import { Client } from '../client.entity.js';
import { SORT_COLUMN } from './client-cursor.js';
import { ClientOrderField, OrderDirection } from './client-filter.input.js';
import { type ClientPart, matching } from './client-filter.service.js';
import type { ClientPage } from './client-page.service.js';

/** Where a client stands, as SQLite has it: moments are texts. */
interface Place {
  id: string;
  key: string | null;
  /** Of the key: by its bytes it is sorted. */
  bytes: Buffer | null;
  part: ClientPart;
}

/**
 * Reads a page from what is in parts of all clients, of each of which one can have a place in it. Others are served between two parts: SQLite
 * works in this thread. What is not changed meanwhile is in it, whatever is used or deleted.
 */
export async function readPageInParts(
  manager: EntityManager,
  caller: TenantContext,
  page: ClientPage,
  parts: AsyncIterable<ClientPart>,
): Promise<Client[]> {
  const first = new FirstPlaces(page);
  const read = async (part: ClientPart, position: ClientPage['position']) => {
    first.add(part, await placesIn(manager, caller, { ...page, position }, part));
    await nextSlice();
  };
  for await (const part of parts) await read(part, page.position);
  for (;;) {
    for (let early = first.early; early.length > 0; early = first.early) for (const [part, end] of early) await read(part, end);
    const found = await manager.findBy(Client, { id: In(first.places.map(({ id }) => id)) });
    const byId = new Map(found.map((client) => [client.id, client]));
    if (first.keep(byId)) return first.places.map((place) => asItWasFound(byId.get(place.id) as Client, place, page));
  }
}

/** A client that was used since is where it was: a cursor that says otherwise would leave out what is between. */
function asItWasFound(client: Client, { key }: Place, { order }: ClientPage): Client {
  if (order.field === ClientOrderField.LAST_USED_AT) client.lastUsedAt = key === null ? null : fromStored(key);
  return client;
}

/** The first places of a page in the order that is wanted, of all that were found. */
class FirstPlaces {
  #places: Place[] = [];
  /** Up to where all of a part was seen that has more. */
  readonly #ends = new Map<ClientPart, Place>();
  readonly #sign: number;

  constructor(private readonly page: ClientPage) {
    this.#sign = page.order.direction === OrderDirection.ASC ? 1 : -1;
  }

  get places(): readonly Place[] {
    return this.#places;
  }

  /** The parts in which there may be more before the last place, with where to go on. */
  get early(): [ClientPart, Place][] {
    const last = this.#places[this.page.limit - 1];
    return [...this.#ends].filter(([, end]) => !last || this.#compare(end, last) < 0);
  }

  add(part: ClientPart, found: readonly Place[]): void {
    const { limit } = this.page;
    this.#ends.delete(part);
    if (found.length === limit) this.#ends.set(part, found.at(-1) as Place);
    // One that is used meanwhile comes into another part, or another place.
    const again = new Set(found.map(({ id }) => id));
    const all = [...this.#places.filter(({ id }) => !again.has(id)), ...found].toSorted((one, other) => this.#compare(one, other));
    this.#places = all.slice(0, limit);
    const last = this.#places.at(-1);
    for (const { part } of all.slice(limit)) {
      const end = this.#ends.get(part);
      if (last && (!end || this.#compare(last, end) < 0)) this.#ends.set(part, last);
    }
  }

  /** Keeps the places of clients that are there. @returns whether all are */
  keep(clients: ReadonlyMap<string, Client>): boolean {
    const count = this.#places.length;
    this.#places = this.#places.filter(({ id }) => clients.has(id));
    return this.#places.length === count;
  }

  /** As SQLite sorts: byte by byte, and what is absent comes first. */
  #compare(one: Place, other: Place): number {
    return this.#sign * (compareBytes(one.bytes, other.bytes) || (one.id < other.id ? -1 : Number(one.id > other.id)));
  }
}

function compareBytes(one: Buffer | null, other: Buffer | null): number {
  return one && other ? Buffer.compare(one, other) : Number(other === null) - Number(one === null);
}

/**
 * The first of a part after the position of a page. All of the part is looked at and then sorted: in the order that is wanted SQLite would go
 * through all clients, for each part again. The limit within keeps it from that.
 */
async function placesIn(manager: EntityManager, caller: TenantContext, page: ClientPage, part: ClientPart): Promise<Place[]> {
  const { field, direction } = page.order;
  const all = matching(manager, caller, part).select('client.id', 'id').addSelect(`client.${SORT_COLUMN[field]}`, 'key');
  const [sql, parameters] = all.getQueryAndParameters();
  const [after, position] = afterPosition(page);
  const rows: Pick<Place, 'id' | 'key'>[] = await manager.query(
    `SELECT id, "key" FROM (${sql} LIMIT -1) WHERE ${after} ORDER BY "key" ${direction}, id ${direction} LIMIT ${page.limit}`,
    [...parameters, ...position],
  );
  return rows.map(({ id, key }) => ({ id, key, bytes: key === null ? null : Buffer.from(key), part }));
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
