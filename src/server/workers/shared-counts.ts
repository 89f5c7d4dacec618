import { LRUCache } from 'lru-cache';
import {
  type Attempt,
  CountsInMemory,
  type FailureCounts,
  MOST_REMEMBERED,
  pairOf,
  sourceOf,
  WINDOW_SECONDS,
} from '../../authentication/failure-counts.js';
import { hashOf } from '../../platform/keyed-hash.js';
import type { ToPrimary, ToWorker } from './messages.js';

const TELL_AGAIN_MS = (WINDOW_SECONDS * 1000) / 2;
/** For how long a source that was told of once may be failing. */
const FAILING_MS = TELL_AGAIN_MS + WINDOW_SECONDS * 1000;

/** The counts of failures that all workers share. They live in the primary. */
export class SharedCounts {
  readonly #counts: CountsInMemory;
  /** Sources that the workers know to be failing. */
  readonly #told = rememberFor(TELL_AGAIN_MS);

  /** @param tellAll says something to every worker */
  constructor(
    limit: number,
    private readonly tellAll: (message: ToWorker) => void,
  ) {
    this.#counts = new CountsInMemory(limit);
  }

  /** Whether any source failed lately. */
  hasFailing(): boolean {
    return this.#counts.hasFailing();
  }

  /** Does what a worker asks for. @param answer says something to that worker */
  async serve(message: ToPrimary, answer: (message: ToWorker) => void): Promise<void> {
    if (message.kind === 'remember') this.#counts.remember(message.attempt);
    if (message.kind === 'add') this.#tellOf(sourceOf(message.attempt));
    if (message.kind === 'add' || message.kind === 'look') {
      answer({ kind: 'answer', id: message.id, waitMs: await this.#counts[message.kind](message.attempt) });
    }
  }

  /** All know of it before the one that failed is answered. */
  #tellOf(source: string): void {
    if (this.#told.has(hashOf(source))) return;
    this.#told.set(hashOf(source), performance.now());
    this.tellAll({ kind: 'failing', source });
  }
}

/** The shared counts as a worker reaches them. When the primary is gone, nothing is refused any more: the worker is ending. */
export class CountsOfAll implements FailureCounts {
  readonly #waiting = new Map<number, (waitMs: number) => void>();
  readonly #failing = rememberFor(FAILING_MS, () => this.#askForAll());
  /** Until then anybody may be failing, by a clock that never jumps. */
  #askForAllUntil = Number.NEGATIVE_INFINITY;
  /** Those whose success the primary knows; it is told again after a while, because it forgets. */
  readonly #told = rememberFor(TELL_AGAIN_MS);
  #lastId = 0;

  /** @param tell says something to the primary @returns whether there is one */
  constructor(private readonly tell: (message: ToPrimary) => boolean) {}

  isFailing(attempt: Attempt): boolean {
    return performance.now() < this.#askForAllUntil || this.#failing.has(hashOf(sourceOf(attempt)));
  }

  look(attempt: Attempt): Promise<number> {
    return this.#ask('look', attempt);
  }

  add(attempt: Attempt): Promise<number> {
    // At once: what was sent together with it is looked at before the primary has told of it.
    this.#failing.set(hashOf(sourceOf(attempt)), performance.now());
    return this.#ask('add', attempt);
  }

  remember(attempt: Attempt): void {
    const pair = hashOf(pairOf(attempt));
    if (this.#told.has(pair)) return;
    this.#told.set(pair, performance.now());
    this.tell({ kind: 'remember', attempt });
  }

  /** Takes what the primary says. */
  hear(message: ToWorker): void {
    if (message.kind === 'begin' && message.hasFailing) this.#askForAll();
    if (message.kind === 'failing') this.#failing.set(hashOf(message.source), performance.now());
    if (message.kind === 'answer') this.#settle(message.id, message.waitMs);
  }

  /** No answer comes any more. */
  giveUp(): void {
    for (const id of this.#waiting.keys()) this.#settle(id, 0);
  }

  /** What is not known here is known to the primary: of more sources than fit in here, and of those before this worker's time. */
  #askForAll(): void {
    this.#askForAllUntil = performance.now() + FAILING_MS;
  }

  #ask(kind: 'look' | 'add', attempt: Attempt): Promise<number> {
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      if (!this.tell({ kind, id, attempt })) this.#settle(id, 0);
    });
  }

  #settle(id: number, waitMs: number): void {
    this.#waiting.get(id)?.(waitMs);
    this.#waiting.delete(id);
  }
}

/** @param onFull is called when something is forgotten before its time */
function rememberFor(ttl: number, onFull?: () => void): LRUCache<number, number> {
  const dispose = (rememberedAt: number, _name: number, reason: LRUCache.DisposeReason) => {
    if (reason === 'evict' && performance.now() - rememberedAt < ttl) onFull?.();
  };
  return new LRUCache<number, number>({ max: MOST_REMEMBERED, ttl, ttlResolution: 1000, ...(onFull && { dispose }) });
}
