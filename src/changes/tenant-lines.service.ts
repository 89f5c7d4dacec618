import { waitedInVain } from '../platform/database/faults.js';
import { requestDeadline, waitAs } from '../platform/deadline.js';
import { Held } from '../platform/queues/held.js';
import { PlacesByName } from '../platform/queues/places.js';

/** Of a line: one works and the next is on its way. */
const MOST_AT_ONCE = 2;

/** What is left until a request's deadline when it begins: with less it would still wait for a lock, and be answered later than promised. */
const LEFT_MS = 200;

/** What changes of one tenant wait in: lines, each of which goes on whatever crowd stands in another. */
export type Line = 'ordinary' | 'urgent' | 'tokens';

/** Where somebody waits. */
interface Waiting {
  tenantId: string;
  line: Line;
  /** Who it is that waits: a client or a person. */
  name: string;
  /** Whether it takes the tenant's lock. */
  locks: boolean;
}

/** Bulkheads between tenants. They keep the changes of one tenant, and what is noted of its tokens, from the connections and queues that all share, while they wait for one another. */
export class TenantLines {
  readonly #lines = new PlacesByName(MOST_AT_ONCE);
  /** Who is next: to wait in the database for what this process itself is about to do would keep a connection from others. */
  readonly #turns = new PlacesByName(1);

  /**
   * Does something for somebody: those who wait in a line take turns.
   * @throws {DatabaseUnavailable} when too many are before it
   */
  async run<T>({ tenantId, line, name, locks }: Waiting, work: () => Promise<T>): Promise<T> {
    waitAs({ name });
    const held = new Held();
    const take = async (places: PlacesByName, crowd: string) =>
      held.add(await places.take(crowd, { member: { crowd, name }, deadline: requestDeadline() - LEFT_MS, tooLate: waitedInVain }));
    try {
      // All take what they need in this order: so no two wait for each other.
      await take(this.#lines, `${line} ${tenantId}`);
      if (locks) await take(this.#turns, tenantId);
      return await work();
    } finally {
      held.end();
    }
  }
}
