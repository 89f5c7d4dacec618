import { WaitedInVain } from '../platform/database/faults.js';
import { requestDeadline, waitAs } from '../platform/deadline.js';
import { DatabaseUnavailable } from '../platform/errors.js';
import { PlacesByName } from '../platform/queues/places.js';

/** One works and the next is on its way: more would only wait for the tenant's turn. */
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
}

/** Bulkheads between tenants. They keep the changes of one tenant, and what is noted of its tokens, from the connections and queues that all share, while they wait for one another. */
export class TenantLines {
  readonly #places = new PlacesByName(MOST_AT_ONCE);

  /**
   * Does something for somebody: those who wait in a line take turns.
   * @throws {DatabaseUnavailable} when too many are before it
   */
  async run<T>({ tenantId, line, name }: Waiting, work: () => Promise<T>): Promise<T> {
    waitAs({ name });
    const crowd = `${line} ${tenantId}`;
    const tooLate = () => new DatabaseUnavailable({ cause: new WaitedInVain('QUEUE_TOO_LONG') });
    const leave = await this.#places.take(crowd, { member: { crowd, name }, deadline: requestDeadline() - LEFT_MS, tooLate });
    try {
      return await work();
    } finally {
      leave();
    }
  }
}
