import { LRUCache } from 'lru-cache';
import {
  type Attempt,
  CountsInMemory,
  type FailureCounts,
  MOST_REMEMBERED,
  pairOf,
  sourceOf,
  WINDOW_SECONDS,
} from '../tokens/failure-counts.js';
import type { ToPrimary, ToWorker } from './messages.js';

const TELL_AGAIN_MS = (WINDOW_SECONDS * 1000) / 2;

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

  /** The sources that failed lately. */
  failing(): string[] {
    return this.#counts.failing();
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
    if (this.#told.has(source)) return;
    this.#told.set(source, true);
    this.tellAll({ kind: 'failing', source });
  }
}

/** The shared counts as a worker reaches them. When the primary is gone, nothing is refused any more: the worker is ending. */
export class CountsOfAll implements FailureCounts {
  readonly #waiting = new Map<number, (waitMs: number) => void>();
  readonly #failing = rememberFor(TELL_AGAIN_MS + WINDOW_SECONDS * 1000);
  /** Those whose success the primary knows; it is told again after a while, because it forgets. */
  readonly #told = rememberFor(TELL_AGAIN_MS);
  #lastId = 0;

  /** @param tell says something to the primary @returns whether there is one */
  constructor(private readonly tell: (message: ToPrimary) => boolean) {}

  isFailing(attempt: Attempt): boolean {
    return this.#failing.has(sourceOf(attempt));
  }

  look(attempt: Attempt): Promise<number> {
    return this.#ask('look', attempt);
  }

  add(attempt: Attempt): Promise<number> {
    return this.#ask('add', attempt);
  }

  remember(attempt: Attempt): void {
    const pair = pairOf(attempt);
    if (this.#told.has(pair)) return;
    this.#told.set(pair, true);
    this.tell({ kind: 'remember', attempt });
  }

  /** Takes what the primary says. */
  hear(message: ToWorker): void {
    if (message.kind === 'begin') for (const source of message.failing) this.#failing.set(source, true);
    if (message.kind === 'failing') this.#failing.set(message.source, true);
    if (message.kind === 'answer') this.#settle(message.id, message.waitMs);
  }

  /** No answer comes any more. */
  giveUp(): void {
    for (const id of this.#waiting.keys()) this.#settle(id, 0);
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

function rememberFor(ttl: number): LRUCache<string, true> {
  return new LRUCache<string, true>({ max: MOST_REMEMBERED, ttl, ttlResolution: 1000 });
}
