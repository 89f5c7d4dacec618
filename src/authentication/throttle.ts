import { TooManyFailures } from './errors.js';
import { type Attempt, CountsInMemory, type FailureCounts } from './failure-counts.js';

/**
 * The rate limit of failures (brute force). It slows down whoever fails to prove who they are: a source for one client id, and a source for all
 * together. Never a client id alone, so that nobody can lock a client out from elsewhere. Who lately
 * succeeded from a source is heard for another day: their failures count and are refused, but the right
 * proof always counts as right. Processes that share a port share the counts; each instance has its own.
 */
export class Throttle {
  readonly #counts: FailureCounts | undefined;

  /** @param limit failures a minute for one client id; 0 switches throttling off */
  constructor(limit: number, counts?: FailureCounts) {
    if (limit > 0) this.#counts = counts ?? new CountsInMemory(limit);
  }

  /**
   * Lets an attempt pass that has not failed too often. Whoever sends all guesses at once has failed at none when each begins: where
   * one turned out to be right it is asked again, and those before it count.
   * @throws {TooManyFailures}
   */
  async admit(attempt: Attempt): Promise<void> {
    if (this.#counts?.isFailing(attempt)) refuseFor(await this.#counts.look(attempt));
  }

  /** Counts a failure. @throws {TooManyFailures} when it was one too many */
  async fail(attempt: Attempt): Promise<void> {
    if (this.#counts) refuseFor(await this.#counts.add(attempt));
  }

  /** Remembers a success. */
  succeed(attempt: Attempt): void {
    this.#counts?.remember(attempt);
  }
}

function refuseFor(milliseconds: number): void {
  if (milliseconds > 0) throw new TooManyFailures(Math.ceil(milliseconds / 1000));
}
