import { AsyncResource } from 'node:async_hooks';
import { CrowdLines, type Member } from './crowd-lines.js';

/** How batches are loaded. */
export interface BatchRules<Key, Value> {
  /** @returns the values in the order of the keys, some of which may be the same */
  load(keys: readonly Key[]): Promise<readonly Value[]>;
  /** Of keys in a batch. */
  largest: number;
  /** Of batches: with more than one, one that is slow does not hold up all others. */
  mostAtATime: number;
}

interface Waiting<Key, Value> {
  member: Member;
  key: Key;
  resolve(value: Value): void;
  reject(cause: unknown): void;
  /** Does something as whoever asks: those that wait have their own deadlines. */
  run(work: () => void): void;
}

const atOnce = (work: () => void) => work();

/**
 * Batches look-ups: loads what is asked for at the same moment together. Nothing is cached. What comes while as many batches are under way
 * as may be waits for the next, all the larger under load. Crowds take turns in it, and so do the members of one.
 */
export class Batches<Key, Value> {
  readonly #lines = new CrowdLines<Waiting<Key, Value>>();
  #waiting = 0;
  #underWay = 0;
  /** Those under way that have not taken their keys yet. */
  #opening = 0;

  constructor(private readonly rules: BatchRules<Key, Value>) {}

  /** @param member as one of whom it is waited */
  load(member: Member, key: Key): Promise<Value> {
    const { promise, resolve, reject } = Promise.withResolvers<Value>();
    const isFree = this.#underWay < this.rules.mostAtATime;
    this.#lines.add(member, { member, key, resolve, reject, run: isFree ? atOnce : AsyncResource.bind(atOnce) });
    this.#waiting += 1;
    if (isFree && this.#waiting > this.#opening * this.rules.largest) this.#open();
    return promise;
  }

  /** Where one more may be under way, a turn of the event loop takes in whatever has arrived meanwhile: that takes no time when nothing has. */
  #open(): void {
    this.#underWay += 1;
    this.#opening += 1;
    const begin = () => {
      this.#opening -= 1;
      this.#begin();
    };
    setImmediate(() => setImmediate(begin));
  }

  #begin(): void {
    const batch = this.#takeNext();
    const [first] = batch;
    if (first) first.run(() => void this.#load(batch).finally(() => this.#begin()));
    else this.#underWay -= 1;
  }

  async #load(batch: readonly Waiting<Key, Value>[]): Promise<void> {
    try {
      const values = await this.rules.load(batch.map(({ key }) => key));
      for (const [index, { resolve }] of batch.entries()) resolve(values[index] as Value);
    } catch (cause) {
      for (const { reject } of batch) reject(cause);
    }
  }

  #takeNext(): Waiting<Key, Value>[] {
    const batch: Waiting<Key, Value>[] = [];
    while (batch.length < this.rules.largest) {
      const next = this.#lines.next();
      if (!next) break;
      this.#lines.spend(next.member, 1);
      batch.push(next);
    }
    this.#waiting -= batch.length;
    return batch;
  }
}
