import { setImmediate } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { Between, type EntityManager, type FindOperator, In, IsNull, Like, MoreThan } from 'typeorm';
import { isDuplicate } from '../../platform/database/faults.js';
import { removeInPieces } from '../../platform/database/pieces.js';
import type { Database } from '../../platform/database/transaction.js';
import { forEach } from '../../platform/each.js';
import { ReferenceGone } from '../../platform/errors.js';
import { Client } from '../client.entity.js';
import { ClientGram, ClientSegment, firstSlotOf, HIDDEN } from './client-segment.entity.js';
import { trigramsOfAll } from './segment-trigrams.js';
import { encodeSlots, SET_SIZE } from './slot-bitmap.js';

const TENANTS_AT_ONCE = 500;
const SEGMENTS_AT_ONCE = 8;
const CLIENTS_AT_ONCE = 128;
/** Whose rows may be large, with 40 KB each. */
const CLIENTS_FREED_AT_ONCE = 100;
const GRAMS_AT_ONCE = 1000;
/** Of a segment: names in which nothing comes twice, as with thousands of letters, are searched one by one. */
const MOST_TRIGRAMS = 250_000;
/** Of the rows of a segment's clients, which are written anew at once when it is done: with larger ones they are searched one by one, too. */
const MOST_BYTES = 8_000_000;
/** For how long such clients are not looked at again. */
const PASSED_OVER_MS = 3_600_000;
const MOST_PASSED_OVER = 10_000;

/** What it takes for clients to be indexed together. */
export interface SegmentSizes {
  /** How many clients a segment has: 1 to 4096. */
  clients?: number;
  /** How many trigrams it may have. */
  trigrams?: number;
  /** How many bytes the rows of its clients may have. */
  bytes?: number;
}

type Indexed = Pick<Client, 'id' | 'searchText'>;

/**
 * Fills the trigram index by which clients are searched, beside the requests. A tenant's clients go into the index when there are enough of them for
 * a segment; fewer are searched one by one, which takes no time. Several instances may do so at once.
 */
export class ClientIndexService {
  #swept = 0;
  /** Those that were not done when it was looked at them last: whoever was at them may be gone. */
  #undone = new Set<number>();
  readonly #size: number;
  readonly #mostTrigrams: number;
  readonly #mostBytes: number;
  /** Tenants whose next segment would be too large. */
  readonly #passedOver = new LRUCache<string, true>({ max: MOST_PASSED_OVER, ttl: PASSED_OVER_MS });

  constructor(
    private readonly database: Database,
    { clients = SET_SIZE, trigrams = MOST_TRIGRAMS, bytes = MOST_BYTES }: SegmentSizes = {},
  ) {
    this.#size = clients;
    this.#mostTrigrams = trigrams;
    this.#mostBytes = bytes;
  }

  /**
   * Indexes what has gathered.
   * @param signal ends it after the segment that is being made
   * @returns how many clients were indexed
   * @throws {DatabaseUnavailable}
   */
  async fill(signal?: AbortSignal): Promise<number> {
    let segments = 0;
    await forEach(this.#tenantsWithEnough(), async (tenantId) => {
      while (!signal?.aborted && (await this.#addSegment(tenantId))) segments += 1;
    });
    return segments * this.#size;
  }

  /**
   * Frees what clients leave that were deleted: a segment that has lost half of its clients goes, and the others wait to be
   * indexed again. Looks at a few segments each time, by and by at all. One that nobody has done goes as well.
   */
  async sweep(): Promise<void> {
    const segments = await this.database.read((manager) =>
      manager.find(ClientSegment, { where: { id: MoreThan(this.#swept) }, order: { id: 'ASC' }, take: SEGMENTS_AT_ONCE }),
    );
    this.#swept = segments.length < SEGMENTS_AT_ONCE ? 0 : (segments.at(-1)?.id ?? 0);
    for (const { id, firstClient } of segments) {
      const count = await this.database.read((manager) => manager.countBy(Client, { searchSlot: slotsOf(id) }));
      if (firstClient.startsWith(HIDDEN) || count * 2 > this.#size) continue;
      while (await this.database.write((manager) => freeSome(manager, id))) await setImmediate();
      await this.#remove(id, firstClient);
    }
    const undone = await this.database.read((manager) => manager.findBy(ClientSegment, { firstClient: Like(`${HIDDEN}%`) }));
    for (const { id, firstClient } of undone) if (this.#undone.has(id)) await this.#remove(id, firstClient);
    this.#undone = new Set(undone.map(({ id }) => id));
  }

  /** Removes one that has no clients, and gets none from now on. */
  async #remove(id: number, firstClient: string): Promise<void> {
    const last = `${HIDDEN}${id}`;
    if (firstClient !== last) {
      const taken = await this.database.write((manager) => manager.update(ClientSegment, { id, firstClient }, { firstClient: last }));
      if (!taken.affected) return;
    }
    await removeInPieces(this.database, {
      table: 'client_grams',
      where: 'segment_id = ?',
      parameters: [id],
      key: ['segment_id', 'gram'],
      atATime: GRAMS_AT_ONCE,
    });
    await this.database.write((manager) => manager.delete(ClientSegment, { id }));
  }

  /** Some tenants at a time: SQLite works in this thread. */
  async *#tenantsWithEnough(): AsyncGenerator<string> {
    for (let after = '', more = true; more; ) {
      const tenants: { id: string; enough: unknown }[] = await this.database.read((manager) => manager.query(enough(this.#size), [after]));
      yield* tenants.filter(({ enough }) => enough !== null).map(({ id }) => id);
      more = tenants.length === TENANTS_AT_ONCE;
      after = tenants.at(-1)?.id ?? '';
      await setImmediate();
    }
  }

  /** @returns false when too few clients are left, or another instance is at them */
  async #addSegment(tenantId: string): Promise<boolean> {
    const clients = await this.database.read((manager) =>
      manager.find(Client, {
        select: { id: true, searchText: true },
        where: { tenantId, searchSlot: IsNull() },
        order: { id: 'ASC' },
        take: this.#size,
      }),
    );
    if (clients.length < this.#size || this.#passedOver.has(tenantId)) return false;
    const grams = (await this.#areSmall(clients)) ? await trigramsOfAll(clients, this.#mostTrigrams) : undefined;
    if (!grams) {
      this.#passedOver.set(tenantId, true);
      return false;
    }
    return this.#make(tenantId, grams, clients).catch((cause) => {
      if (isDuplicate(cause) || cause instanceof ReferenceGone) return false;
      throw cause;
    });
  }

  /** What takes long is written in pieces, while nobody searches it. @returns false when somebody has removed it meanwhile */
  async #make(tenantId: string, grams: readonly [string, number[]][], clients: readonly Indexed[]): Promise<boolean> {
    const firstClient = clients[0]?.id as string;
    const hidden = { tenantId, firstClient: HIDDEN + firstClient.slice(HIDDEN.length) };
    const { identifiers } = await this.database.write((manager) => manager.insert(ClientSegment, hidden));
    const id = identifiers[0]?.id as number;
    for (let start = 0; start < grams.length; start += GRAMS_AT_ONCE) {
      const some = grams.slice(start, start + GRAMS_AT_ONCE);
      await this.database.write((manager) => insertGrams(manager, id, some));
      await setImmediate();
    }
    return this.database.write(async (manager) => {
      const { affected } = await manager.update(ClientSegment, { id, ...hidden }, { firstClient });
      if (affected) await assignSlots(manager, clients, firstSlotOf(id));
      return Boolean(affected);
    });
  }

  /** Whether their rows are, together. */
  async #areSmall(clients: readonly Indexed[]): Promise<boolean> {
    let bytes = 0;
    for (let start = 0; start < clients.length && bytes <= this.#mostBytes; start += CLIENTS_AT_ONCE) {
      const ids = clients.slice(start, start + CLIENTS_AT_ONCE).map(({ id }) => id);
      const [row]: [{ bytes: number | string }] = await this.database.read((manager) => manager.query(sizeOf(ids), ids));
      bytes += Number(row.bytes);
    }
    return bytes <= this.#mostBytes;
  }
}

const sizeOf = (ids: readonly string[]) =>
  `SELECT SUM(OCTET_LENGTH(search_text) + OCTET_LENGTH(scopes) + OCTET_LENGTH(audiences) + COALESCE(OCTET_LENGTH(jwks), 0)) AS bytes
    FROM clients WHERE id IN (${ids.map(() => '?').join(', ')})`;

/** Takes clients out, some at a time: whoever searches finds each in its slot, or among those that wait. @returns whether there were some */
async function freeSome(manager: EntityManager, segmentId: number): Promise<boolean> {
  const where = { searchSlot: slotsOf(segmentId) };
  const ids = (await manager.find(Client, { select: { id: true }, where, take: CLIENTS_FREED_AT_ONCE })).map(({ id }) => id);
  if (ids.length > 0) await manager.update(Client, { id: In(ids) }, { searchSlot: null });
  return ids.length > 0;
}

function slotsOf(segmentId: number): FindOperator<number> {
  return Between(firstSlotOf(segmentId), firstSlotOf(segmentId) + SET_SIZE - 1);
}

/** Counts no further than it has to. */
const enough = (size: number) => `SELECT t.id AS id,
    (SELECT 1 FROM clients c WHERE c.search_slot IS NULL AND c.tenant_id = t.id LIMIT 1 OFFSET ${size - 1}) AS enough
  FROM tenants t WHERE t.id > ? ORDER BY t.id LIMIT ${TENANTS_AT_ONCE}`;

async function insertGrams(manager: EntityManager, segmentId: number, grams: readonly [string, number[]][]): Promise<void> {
  const table = manager.connection.getMetadata(ClientGram).tableName;
  const marks = grams.map(() => '(?, ?, ?)').join(', ');
  await manager.query(
    `INSERT INTO ${table} (segment_id, gram, slots) VALUES ${marks}`,
    grams.flatMap(([gram, slots]) => [segmentId, gram, encodeSlots(slots)]),
  );
}

async function assignSlots(manager: EntityManager, clients: readonly Indexed[], firstSlot: number): Promise<void> {
  for (let start = 0; start < clients.length; start += CLIENTS_AT_ONCE) {
    const some = clients.slice(start, start + CLIENTS_AT_ONCE);
    const cases = some.map((_, index) => `WHEN ? THEN ${firstSlot + start + index}`).join(' ');
    const marks = some.map(() => '?').join(', ');
    const ids = some.map(({ id }) => id);
    await manager.query(`UPDATE clients SET search_slot = CASE id ${cases} END WHERE id IN (${marks})`, [...ids, ...ids]);
    await setImmediate();
  }
}
