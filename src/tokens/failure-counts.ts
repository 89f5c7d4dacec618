import { LRUCache } from 'lru-cache';
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';

/** For how long failures count together. */
export const WINDOW_SECONDS = 60;
/** How many sources, and pairs of a source and a client, are remembered at most. */
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

/** Counts in the memory of this process. */
export class CountsInMemory implements FailureCounts {
  readonly #bySource: RateLimiterMemory;
  readonly #byPair: RateLimiterMemory;
  readonly #failing = new LRUCache<string, true>({ max: MOST_REMEMBERED, ttl: WINDOW_SECONDS * 1000, ttlResolution: 1000 });
  readonly #succeeded = new LRUCache<string, true>({ max: MOST_REMEMBERED, ttl: REMEMBERED_MS, ttlResolution: 1000 });

  /** @param limit failures a minute for one client id, from 1 */
  constructor(private readonly limit: number) {
    this.#byPair = new RateLimiterMemory({ points: limit, duration: WINDOW_SECONDS });
    this.#bySource = new RateLimiterMemory({ points: limit * SOURCE_FACTOR, duration: WINDOW_SECONDS });
  }

  /** The sources that failed within the window, as {@link sourceOf} names them. */
  failing(): string[] {
    return [...this.#failing.keys()];
  }

  isFailing(attempt: Attempt): boolean {
    return this.#failing.has(sourceOf(attempt));
  }

  async look(attempt: Attempt): Promise<number> {
    const [pair, source] = await Promise.all([this.#byPair.get(pairOf(attempt)), this.#bySource.get(sourceOf(attempt))]);
    return this.#succeeded.has(pairOf(attempt)) ? 0 : this.#waitFor(1, pair, source);
  }

  async add(attempt: Attempt): Promise<number> {
    this.#failing.set(sourceOf(attempt), true);
    const [pair, source] = await Promise.all([this.#byPair.penalty(pairOf(attempt)), this.#bySource.penalty(sourceOf(attempt))]);
    // By source as well: a 401 among 429s would tell that this client lately succeeded from here.
    return this.#waitFor(0, pair, source);
  }

  remember(attempt: Attempt): void {
    this.#succeeded.set(pairOf(attempt), true);
  }

  /** @param more failures that have to fit in beside those that were counted */
  #waitFor(more: number, pair: RateLimiterRes | null, source: RateLimiterRes | null): number {
    // The counts are forgotten after the window whatever the time of day, which may have gone back since.
    const waitFor = (count: RateLimiterRes | null, limit: number) =>
      count && count.consumedPoints + more > limit ? Math.min(count.msBeforeNext, WINDOW_SECONDS * 1000) : 0;
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
