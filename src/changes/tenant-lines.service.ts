import { Semaphore, withTimeout } from 'async-mutex';
import { WaitedInVain } from '../platform/database-faults.js';
import { DatabaseUnavailable } from '../platform/errors.js';
import { patienceEnds } from '../platform/patience.js';

/** One works and the next is on its way: more would only wait for the tenant's turn. */
const MOST_AT_ONCE = 2;

/** What changes of one tenant wait in. Two lines, each of which goes on whatever crowd stands in the other. */
export type Line = 'ordinary' | 'urgent';

/** Keeps the changes of one tenant from the connections and queues that all share, while they wait for one another. */
export class TenantLines {
  readonly #lines = new Map<string, Semaphore>();

  /** @throws {DatabaseUnavailable} when too many are before it */
  async run<T>(tenantId: string, line: Line, work: () => Promise<T>): Promise<T> {
    const key = `${line} ${tenantId}`;
    const semaphore = this.#lines.get(key) ?? new Semaphore(MOST_AT_ONCE);
    this.#lines.set(key, semaphore);
    const tooLong = new DatabaseUnavailable({ cause: new WaitedInVain('QUEUE_TOO_LONG') });
    try {
      return await withTimeout(semaphore, patienceEnds() - performance.now(), tooLong).runExclusive(work);
    } finally {
      if (semaphore.getValue() === MOST_AT_ONCE) this.#lines.delete(key);
    }
  }
}
