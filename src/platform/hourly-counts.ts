import { LRUCache } from 'lru-cache';
import { TooOften } from './errors.js';

const HOUR_MS = 3_600_000;
const MOST_NAMES = 10_000;

/** How often each of many does something at this process, within an hour that begins with the first time. Names are of those who proved who they are. */
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

  /** Counts one more time. @throws {TooOften} when it is one too many */
  count(name: string): void {
    const times = (this.#times.get(name) ?? 0) + 1;
    this.#times.set(name, times, { noUpdateTTL: true });
    if (times > this.most)
      throw new TooOften(`There were ${this.most} ${this.what} within an hour.`, Math.ceil(this.#times.getRemainingTTL(name) / 1000));
  }
}
