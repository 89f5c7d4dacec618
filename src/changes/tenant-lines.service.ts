import { Semaphore, withTimeout } from 'async-mutex';
import { WaitedInVain } from '../platform/database-faults.js';
import { DatabaseUnavailable } from '../platform/errors.js';
import { patienceEnds } from '../platform/patience.js';

/** One works and the next is on its way: more would only wait for the tenant's turn. */
const MOST_AT_ONCE = 2;

/** Keeps the changes of one tenant from the connections and queues that all share, while they wait for one another. */
export class TenantLines {
  readonly #lines = new Map<string, Semaphore>();

  /**
   * @param isUrgent whether it goes before those that are not
   * @throws {DatabaseUnavailable} when too many are before it
   */
  async run<T>(tenantId: string, work: () => Promise<T>, { isUrgent }: { isUrgent: boolean }): Promise<T> {
    const line = this.#lines.get(tenantId) ?? new Semaphore(MOST_AT_ONCE);
    this.#lines.set(tenantId, line);
    const tooLong = new DatabaseUnavailable({ cause: new WaitedInVain('QUEUE_TOO_LONG') });
    try {
      return await withTimeout(line, patienceEnds() - performance.now(), tooLong).runExclusive(work, 1, isUrgent ? 1 : 0);
    } finally {
      if (line.getValue() === MOST_AT_ONCE) this.#lines.delete(tenantId);
    }
  }
}
