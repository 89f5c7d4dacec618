import { setImmediate } from 'node:timers/promises';
import { Between, type EntityManager, IsNull, MoreThan } from 'typeorm';
import { isDuplicate } from '../../platform/database/faults.js';
import type { Database } from '../../platform/database/transaction.js';
import { forEach } from '../../platform/each.js';
import { Client } from '../client.entity.js';
import { ClientGram, ClientSegment, firstSlotOf } from './client-segment.entity.js';
import { encodeSlots, SET_SIZE } from './slot-bitmap.js';
import { trigramsOf } from './trigrams.js';

const TENANTS_AT_ONCE = 500;
const SEGMENTS_AT_ONCE = 8;
const CLIENTS_AT_ONCE = 128;
const GRAMS_AT_ONCE = 1000;

type Indexed = Pick<Client, 'id' | 'searchText'>;

/**
 * Fills the trigram index by which clients are searched, beside the requests. A tenant's clients go into the index when there are enough of them for
 * a segment; fewer are searched one by one, which takes no time. Several instances may do so at once.
 */
export class ClientIndexService {
  #swept = 0;

  /** @param size how many clients a segment has: 1 to 4096 */
  constructor(
    private readonly database: Database,
    private readonly size = SET_SIZE,
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
      await this.database.write(async (manager) => {
        await manager.update(Client, { searchSlot }, { searchSlot: null });
        await manager.delete(ClientSegment, { id });
      });
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
    if (clients.length < this.size) return false;
    const grams = await trigramsOfAll(clients);
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

/** In the order in which they are stored. */
async function trigramsOfAll(clients: readonly Indexed[]): Promise<[gram: string, slots: Buffer][]> {
  const grams = new Map<string, number[]>();
  for (const [slot, { searchText }] of clients.entries()) {
    for (const gram of trigramsOf(searchText)) {
      const slots = grams.get(gram);
      if (!slots) grams.set(gram, [slot]);
      else if (slots.at(-1) !== slot) slots.push(slot);
    }
    if (slot % CLIENTS_AT_ONCE === 0) await setImmediate();
  }
  return [...grams].sort(([a], [b]) => (a < b ? -1 : 1)).map(([gram, slots]) => [gram, encodeSlots(slots)]);
}

async function insertGrams(manager: EntityManager, segmentId: number, grams: readonly [string, Buffer][]): Promise<void> {
  const table = manager.connection.getMetadata(ClientGram).tableName;
  for (let start = 0; start < grams.length; start += GRAMS_AT_ONCE) {
    const some = grams.slice(start, start + GRAMS_AT_ONCE);
    const marks = some.map(() => '(?, ?, ?)').join(', ');
    await manager.query(
      `INSERT INTO ${table} (segment_id, gram, slots) VALUES ${marks}`,
      some.flatMap(([gram, slots]) => [segmentId, gram, slots]),
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
