import { LRUCache } from 'lru-cache';
import { TooOften } from './errors.js';

const HOUR_MS = 3_600_000;
const MOST_NAMES = 10_000;

/** A rate limit: how often each of many does something at this process, within an hour that begins with the first time. Names are of those who proved who they are. */
export class HourlyCounts {
  readonly #times = new LRUCache<string, number>({ max: MOST_NAMES, ttl: HOUR_MS });

  /**
   * @param most times in an hour
   * @param what it is that is done, in the plural
   */
  constructor(
    private readonly most: number,
    private readonly what: string,
  ) {}

  /** Requires that it may be done once more. @throws {TooOften} */
  require(name: string): void {
    if ((this.#times.get(name) ?? 0) < this.most) return;
    throw new TooOften(`There were ${this.most} ${this.what} within an hour.`, Math.ceil(this.#times.getRemainingTTL(name) / 1000));
  }

  /** Counts one more time. */
  count(name: string): void {
    this.#times.set(name, (this.#times.get(name) ?? 0) + 1, { noUpdateTTL: true });
  }
}
