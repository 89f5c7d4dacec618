import { RecentMap } from './recent-map.js';

const MOST_KNOWN = 1_000;

/**
 * What waits, of many parties that take turns: whoever has spent least comes first, so that neither one's crowd comes before all of another's,
 * nor what takes one long before what takes others little.
 */
export class PartyLines<T> {
  readonly #lines = new Map<string, T[]>();
  /** What each has spent, counted from where all stood that waited. */
  readonly #spent: RecentMap<number>;
  #level = 0;

  /** @param mostKnown of how many it is known what they have spent; who is forgotten stands where the others do */
  constructor(mostKnown = MOST_KNOWN) {
    this.#spent = new RecentMap(mostKnown);
  }

  add(party: string, one: T): void {
    const line = this.#lines.get(party);
    if (line) line.push(one);
    else this.#lines.set(party, [one]);
  }

  /** Takes the first of the party whose turn it is. */
  next(): T | undefined {
    const party = this.#nextParty();
    const line = party === undefined ? undefined : this.#lines.get(party);
    if (party === undefined || !line) return undefined;
    this.pass(party);
    this.#lines.delete(party);
    const first = line.shift();
    // Behind those that have spent as much.
    if (line.length > 0) this.#lines.set(party, line);
    return first;
  }

  /** Notes that one of a party has its turn, be it without waiting: whoever is alone takes nothing from others. */
  pass(party: string): void {
    this.#level = this.#spentBy(party);
  }

  /** Notes what a turn has cost a party. */
  spend(party: string, cost: number): void {
    this.#spent.set(party, this.#spentBy(party) + cost);
  }

  /** Forgets one that waits no more. */
  remove(party: string, one: T): void {
    const line = this.#lines.get(party) ?? [];
    const index = line.indexOf(one);
    if (index >= 0) line.splice(index, 1);
    if (line.length === 0) this.#lines.delete(party);
  }

  #nextParty(): string | undefined {
    let least: string | undefined;
    for (const party of this.#lines.keys()) if (least === undefined || this.#spentBy(party) < this.#spentBy(least)) least = party;
    return least;
  }

  /** Who comes now stands where the others do, and has saved up nothing. */
  #spentBy(party: string): number {
    return Math.max(this.#spent.get(party) ?? 0, this.#level);
  }
}
