import { LRUCache } from 'lru-cache';
import { hashOf } from '../platform/keyed-hash.js';
import { type WindowCount, WindowCounts } from './window-counts.js';

/** For how long failures count together. */
export const WINDOW_SECONDS = 60;
/** How many pairs of a source and a client that succeeded are remembered at most, those of last. */
export const MOST_REMEMBERED = 100_000;
/** How many times as many failures a source may have for all client ids together. */
const SOURCE_FACTOR = 10;
const REMEMBERED_MS = 24 * 3_600_000;

/** Who asks, and for whom. */
export interface Attempt {
  /** One tenant's failures are no other's. */
  tenantId: string;
  /** Where the request comes from, as `platform/ip` names it. */
  source: string;
  clientId: string;
}

/** Where failures are counted: in this process, or in one for several. */
export interface FailureCounts {
  /** Whether the source failed within the window; all others need not be looked up. */
  isFailing(attempt: Attempt): boolean;
  /** @returns for how many milliseconds an attempt has to wait; 0 when it may be made now */
  look(attempt: Attempt): Promise<number>;
  /** Counts a failure. @returns for how many milliseconds its sender has to wait; 0 when it was not one too many */
  add(attempt: Attempt): Promise<number>;
  /** Remembers a success. */
  remember(attempt: Attempt): void;
}

/** Counts in the memory of this process, of which it takes a bounded part. */
export class CountsInMemory implements FailureCounts {
  readonly #bySource = new WindowCounts(WINDOW_SECONDS * 1000);
  readonly #byPair = new WindowCounts(WINDOW_SECONDS * 1000);
  readonly #succeeded = new LRUCache<number, true>({ max: MOST_REMEMBERED, ttl: REMEMBERED_MS, ttlResolution: 1000 });

  /** @param limit failures a minute for one client id, from 1 */
  constructor(private readonly limit: number) {}

  /** Whether any source failed within the window. */
  hasFailing(): boolean {
    return this.#bySource.hasRecent();
  }

  isFailing(attempt: Attempt): boolean {
    return this.#bySource.isRecent(sourceOf(attempt));
  }

  async look(attempt: Attempt): Promise<number> {
    if (this.#succeeded.has(hashOf(pairOf(attempt)))) return 0;
    return this.#waitFor(1, this.#byPair.get(pairOf(attempt)), this.#bySource.get(sourceOf(attempt)));
  }

  async add(attempt: Attempt): Promise<number> {
    // By source as well: a 401 among 429s would tell that this client lately succeeded from here.
    return this.#waitFor(0, this.#byPair.add(pairOf(attempt)), this.#bySource.add(sourceOf(attempt)));
  }

  remember(attempt: Attempt): void {
    this.#succeeded.set(hashOf(pairOf(attempt)), true);
  }

  /** @param more failures that have to fit in beside those that were counted */
  #waitFor(more: number, pair: WindowCount | undefined, source: WindowCount | undefined): number {
    const waitFor = (count: WindowCount | undefined, limit: number) => (count && count.times + more > limit ? count.msLeft : 0);
    return Math.max(waitFor(pair, this.limit), waitFor(source, this.limit * SOURCE_FACTOR));
  }
}

/** The name under which a source is counted. */
export function sourceOf({ tenantId, source }: Attempt): string {
  return `${tenantId} ${source}`;
}

/** The name under which a source is counted for one client id. */
export function pairOf(attempt: Attempt): string {
  return `${sourceOf(attempt)} ${attempt.clientId}`;
}
