import { PartyLines } from './party-lines.js';
import { RecentMap } from './recent-map.js';

/** As one of whom somebody waits. */
export interface Member {
  /** Whose crowd they may be one of: crowds take turns. */
  crowd: string;
  /** Who they are in it: so do these. */
  name: string;
}

/** Crowds, and members of each, whose turns are remembered: who is forgotten stands where they stood at first. */
const MOST_KNOWN = 1_000;
const MOST_KNOWN_OF_ONE = 100;

/** Fair queueing: what waits, of many crowds that take turns, and within each of many members that do. */
export class CrowdLines<T> {
  readonly #crowds = new PartyLines<PartyLines<T>>();
  readonly #members = new RecentMap<PartyLines<T>>(MOST_KNOWN);

  /** @returns forgets it, which waits no more */
  add({ crowd, name }: Member, one: T): () => void {
    const members = this.#membersOf(crowd);
    members.add(name, one);
    this.#crowds.add(crowd, members);
    return () => {
      members.remove(name, one);
      this.#crowds.remove(crowd, members);
    };
  }

  /** Takes the first of the member whose turn it is, of the crowd whose turn it is. */
  next(): T | undefined {
    return this.#crowds.next()?.next();
  }

  /** Notes that one has their turn, be it without waiting: whoever is alone takes nothing from others. */
  pass({ crowd, name }: Member): void {
    this.#crowds.pass(crowd);
    this.#membersOf(crowd).pass(name);
  }

  /** Notes what a turn has cost a member, and with them their crowd. */
  spend({ crowd, name }: Member, cost: number): void {
    this.#crowds.spend(crowd, cost);
    this.#membersOf(crowd).spend(name, cost);
  }

  #membersOf(crowd: string): PartyLines<T> {
    const members = this.#members.get(crowd) ?? new PartyLines<T>(MOST_KNOWN_OF_ONE);
    this.#members.set(crowd, members);
    return members;
  }
}
