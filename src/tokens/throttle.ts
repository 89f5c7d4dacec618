import { LRUCache } from 'lru-cache';
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { TooManyFailures } from '../platform/errors.js';

const WINDOW_SECONDS = 60;
/** How many times as many failures a source may have for all client ids together. */
const SOURCE_FACTOR = 10;
const REMEMBERED_MS = 24 * 3_600_000;
const MOST_REMEMBERED = 100_000;

/** Who asks, and for whom. */
export interface Attempt {
  /** One tenant's failures are no other's. */
  tenantId: string;
  /** Where the request comes from, as `platform/ip` names it. */
  source: string;
  clientId: string;
}

/**
 * Slows down whoever fails to prove who they are: a source for one client id, and a source for all
 * together. Never a client id alone, so that nobody can lock a client out from elsewhere. Who lately
 * succeeded from a source is heard for another day: their failures count and are refused, but the right
 * proof always counts as right. Counted by each process for itself.
 */
export class Throttle {
  readonly #bySource: RateLimiterMemory | undefined;
  readonly #byPair: RateLimiterMemory | undefined;
  /** Sources that failed within the window; all others need not be looked up. */
  readonly #failing = new LRUCache<string, true>({ max: MOST_REMEMBERED, ttl: WINDOW_SECONDS * 1000, ttlResolution: 1000 });
  readonly #succeeded = new LRUCache<string, true>({ max: MOST_REMEMBERED, ttl: REMEMBERED_MS, ttlResolution: 1000 });

  /** @param limit failures a minute for one client id; 0 switches throttling off */
  constructor(private readonly limit: number) {
    if (limit === 0) return;
    this.#byPair = new RateLimiterMemory({ points: limit, duration: WINDOW_SECONDS });
    this.#bySource = new RateLimiterMemory({ points: limit * SOURCE_FACTOR, duration: WINDOW_SECONDS });
  }

  /** Lets an attempt pass that has not failed too often. @throws {TooManyFailures} */
  async admit(attempt: Attempt): Promise<void> {
    if (!this.#byPair || !this.#bySource || !this.#failing.has(sourceOf(attempt))) return;
    const [pair, source] = await Promise.all([this.#byPair.get(pairOf(attempt)), this.#bySource.get(sourceOf(attempt))]);
    if (!this.#succeeded.has(pairOf(attempt))) this.#requireRoom(1, pair, source);
  }

  /** Counts a failure. @throws {TooManyFailures} when it was one too many */
  async fail(attempt: Attempt): Promise<void> {
    if (!this.#byPair || !this.#bySource) return;
    this.#failing.set(sourceOf(attempt), true);
    const [pair, source] = await Promise.all([this.#byPair.penalty(pairOf(attempt)), this.#bySource.penalty(sourceOf(attempt))]);
    // By source as well: a 401 among 429s would tell that this client lately succeeded from here.
    this.#requireRoom(0, pair, source);
  }

  /** @param more failures that have to fit in beside those that were counted */
  #requireRoom(more: number, pair: RateLimiterRes | null, source: RateLimiterRes | null): void {
    const waitFor = (count: RateLimiterRes | null, limit: number) =>
      count && count.consumedPoints + more > limit ? count.msBeforeNext : 0;
    const wait = Math.max(waitFor(pair, this.limit), waitFor(source, this.limit * SOURCE_FACTOR));
    if (wait > 0) throw new TooManyFailures(Math.ceil(wait / 1000));
  }

  /** Remembers a success. */
  succeed(attempt: Attempt): void {
    if (this.limit > 0) this.#succeeded.set(pairOf(attempt), true);
  }
}

function sourceOf({ tenantId, source }: Attempt): string {
  return `${tenantId} ${source}`;
}

function pairOf(attempt: Attempt): string {
  return `${sourceOf(attempt)} ${attempt.clientId}`;
}
