import { setImmediate } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { Between, type EntityManager, IsNull, MoreThan } from 'typeorm';
import { isDuplicate } from '../../platform/database/faults.js';
import { removeInPieces } from '../../platform/database/pieces.js';
import type { Database } from '../../platform/database/transaction.js';
import { forEach } from '../../platform/each.js';
import { Client } from '../client.entity.js';
import { ClientGram, ClientSegment, CONDEMNED, firstSlotOf } from './client-segment.entity.js';
import { encodeSlots, SET_SIZE } from './slot-bitmap.js';
import { trigramsOf } from './trigrams.js';

const TENANTS_AT_ONCE = 500;
const SEGMENTS_AT_ONCE = 8;
const CLIENTS_AT_ONCE = 128;
const GRAMS_AT_ONCE = 1000;
const GRAMS_SORTED_AT_ONCE = 4_000;
/** Of a segment: names in which nothing comes twice, as with thousands of letters, are searched one by one. */
const MOST_TRIGRAMS = 250_000;
/** For how long such clients are not looked at again. */
const PASSED_OVER_MS = 3_600_000;
const MOST_PASSED_OVER = 10_000;

type Indexed = Pick<Client, 'id' | 'searchText'>;

/**
 * Fills the trigram index by which clients are searched, beside the requests. A tenant's clients go into the index when there are enough of them for
 * a segment; fewer are searched one by one, which takes no time. Several instances may do so at once.
 */
export class ClientIndexService {
  #swept = 0;
  /** Tenants whose next segment would have too many trigrams. */
  readonly #passedOver = new LRUCache<string, true>({ max: MOST_PASSED_OVER, ttl: PASSED_OVER_MS });

  /**
   * @param size how many clients a segment has: 1 to 4096
   * @param most how many trigrams it may have
   */
  constructor(
    private readonly database: Database,
    private readonly size = SET_SIZE,
    private readonly most = MOST_TRIGRAMS,
  ) {}

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
    return segments * this.size;
  }

  /**
   * Frees what clients leave that were deleted: a segment that has lost half of its clients goes, and the others wait to be
   * indexed again. Looks at a few segments each time, by and by at all.
   */
  async sweep(): Promise<void> {
    const segments = await this.database.read((manager) =>
      manager.find(ClientSegment, { where: { id: MoreThan(this.#swept) }, order: { id: 'ASC' }, take: SEGMENTS_AT_ONCE }),
    );
    this.#swept = segments.length < SEGMENTS_AT_ONCE ? 0 : (segments.at(-1)?.id ?? 0);
    for (const { id } of segments) {
      const searchSlot = Between(firstSlotOf(id), firstSlotOf(id) + SET_SIZE - 1);
      const count = await this.database.read((manager) => manager.countBy(Client, { searchSlot }));
      if (count * 2 > this.size) continue;
      // Whoever searches sees it go at once; what it had goes in pieces.
      await this.database.write(async (manager) => {
        await manager.update(Client, { searchSlot }, { searchSlot: null });
        await manager.update(ClientSegment, { id }, { firstClient: `${CONDEMNED}${id}` });
      });
      await removeInPieces(this.database, {
        table: 'client_grams',
        where: 'segment_id = ?',
        parameters: [id],
        key: ['segment_id', 'gram'],
        atATime: GRAMS_AT_ONCE,
      });
      await this.database.write((manager) => manager.delete(ClientSegment, { id }));
    }
  }

  /** Some tenants at a time: SQLite works in this thread. */
  async *#tenantsWithEnough(): AsyncGenerator<string> {
    for (let after = '', more = true; more; ) {
      const tenants: { id: string; enough: unknown }[] = await this.database.read((manager) => manager.query(enough(this.size), [after]));
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
        take: this.size,
      }),
    );
    if (clients.length < this.size || this.#passedOver.has(tenantId)) return false;
    const grams = await trigramsOfAll(clients, this.most);
    if (!grams) {
      this.#passedOver.set(tenantId, true);
      return false;
    }
    return this.database
      .write(async (manager) => {
        const { identifiers } = await manager.insert(ClientSegment, { tenantId, firstClient: clients[0]?.id ?? '' });
        const segmentId = identifiers[0]?.id as number;
        await insertGrams(manager, segmentId, grams);
        // At the end, so that the rows of clients are locked for as short as can be.
        await assignSlots(manager, clients, firstSlotOf(segmentId));
        return true;
      })
      .catch((cause) => {
        if (isDuplicate(cause)) return false;
        throw cause;
      });
  }
}

/** Counts no further than it has to. */
const enough = (size: number) => `SELECT t.id AS id,
    (SELECT 1 FROM clients c WHERE c.search_slot IS NULL AND c.tenant_id = t.id LIMIT 1 OFFSET ${size - 1}) AS enough
  FROM tenants t WHERE t.id > ? ORDER BY t.id LIMIT ${TENANTS_AT_ONCE}`;

/** In the order in which they are stored, with the slots of each. @returns undefined when there are too many */
async function trigramsOfAll(clients: readonly Indexed[], most: number): Promise<[gram: string, slots: number[]][] | undefined> {
  const grams = new Map<string, number[]>();
  for (const [slot, { searchText }] of clients.entries()) {
    for (const gram of trigramsOf(searchText)) {
      const slots = grams.get(gram);
      if (!slots) grams.set(gram, [slot]);
      else if (slots.at(-1) !== slot) slots.push(slot);
    }
    if (grams.size > most) return undefined;
    if (slot % CLIENTS_AT_ONCE === 0) await setImmediate();
  }
  return sortedInPieces(grams);
}

/** By their first characters: to sort all at once would hold up everybody. */
async function sortedInPieces(grams: ReadonlyMap<string, number[]>): Promise<[gram: string, slots: number[]][]> {
  const byFirst = new Map<number, [string, number[]][]>();
  let count = 0;
  for (const entry of grams) {
    const first = entry[0].codePointAt(0) as number;
    const some = byFirst.get(first);
    if (some) some.push(entry);
    else byFirst.set(first, [entry]);
    count += 1;
    if (count % GRAMS_SORTED_AT_ONCE === 0) await setImmediate();
  }
  const sorted: [string, number[]][] = [];
  let pausedAt = 0;
  for (const first of [...byFirst.keys()].sort((a, b) => a - b)) {
    for (const entry of (byFirst.get(first) as [string, number[]][]).sort(([a], [b]) => (a < b ? -1 : 1))) sorted.push(entry);
    if (sorted.length - pausedAt < GRAMS_SORTED_AT_ONCE) continue;
    pausedAt = sorted.length;
    await setImmediate();
  }
  return sorted;
}

async function insertGrams(manager: EntityManager, segmentId: number, grams: readonly [string, number[]][]): Promise<void> {
  const table = manager.connection.getMetadata(ClientGram).tableName;
  for (let start = 0; start < grams.length; start += GRAMS_AT_ONCE) {
    const some = grams.slice(start, start + GRAMS_AT_ONCE);
    const marks = some.map(() => '(?, ?, ?)').join(', ');
    await manager.query(
      `INSERT INTO ${table} (segment_id, gram, slots) VALUES ${marks}`,
      some.flatMap(([gram, slots]) => [segmentId, gram, encodeSlots(slots)]),
    );
    await setImmediate();
  }
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
