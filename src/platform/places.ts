import { PartyLines } from './party-lines.js';

/** Gives a place back; a second time does nothing. */
export type GiveBack = () => void;

/** How a place is waited for. */
export interface Wait {
  /** Whose crowd it may be that waits: parties take turns. */
  party: string;
  /** Until when, of `performance.now()`. */
  deadline: number;
  /** How whoever waited in vain fails. */
  tooLate(): Error;
  /** Whether it comes before all who wait. */
  isFirst?: boolean;
}

interface Waiting {
  let(giveBack: GiveBack): void;
  party: string;
}

/** So many places that more want at a time. */
export class Places {
  readonly #waiting = new PartyLines<Waiting>();
  readonly #first: Waiting[] = [];
  #free: number;

  constructor(private readonly size: number) {
    this.#free = size;
  }

  /** Whether nobody has one. */
  get areFree(): boolean {
    return this.#free === this.size;
  }

  /** Waits for a place. */
  take({ party, deadline, tooLate, isFirst = false }: Wait): Promise<GiveBack> {
    if (this.#free > 0) {
      this.#waiting.pass(party);
      return Promise.resolve(this.#give(party));
    }
    const { promise, resolve, reject } = Promise.withResolvers<GiveBack>();
    const waiting: Waiting = {
      party,
      let: (giveBack) => {
        clearTimeout(timer);
        resolve(giveBack);
      },
    };
    const timer = setTimeout(() => {
      this.#forget(waiting);
      reject(tooLate());
    }, deadline - performance.now());
    if (isFirst) this.#first.push(waiting);
    else this.#waiting.add(party, waiting);
    return promise;
  }

  #give(party: string): GiveBack {
    this.#free -= 1;
    const began = performance.now();
    let isBack = false;
    return () => {
      if (isBack) return;
      isBack = true;
      this.#free += 1;
      this.#waiting.spend(party, performance.now() - began);
      const next = this.#first.shift() ?? this.#waiting.next();
      next?.let(this.#give(next.party));
    };
  }

  #forget(waiting: Waiting): void {
    const index = this.#first.indexOf(waiting);
    if (index >= 0) this.#first.splice(index, 1);
    else this.#waiting.remove(waiting.party, waiting);
  }
}

/** So many places for each of those that have a name. */
export class PlacesByName {
  readonly #places = new Map<string, Places>();

  constructor(private readonly size: number) {}

  /** Waits for a place of those of one name. */
  async take(name: string, wait: Wait): Promise<GiveBack> {
    const places = this.#places.get(name) ?? new Places(this.size);
    this.#places.set(name, places);
    const giveBack = await places.take(wait);
    return () => {
      giveBack();
      if (places.areFree) this.#places.delete(name);
    };
  }
}
