import { waitingMember } from '../deadline.js';
import { Held } from '../queues/held.js';
import { Places, PlacesByName } from '../queues/places.js';
import { waitForPlace } from './mysql-access.js';

/** Shares of the connections. */
const MOST_ASKING = 0.5;
const MOST_WRITING = 0.7;
const MOST_AT_WORK = 0.8;
const MOST_LONG = 0.3;
const MOST_ASKING_OF_ONE = 2;

/** What asks a question, or makes a change. */
export type Kind = 'asking' | 'writing';

/**
 * Bulkheads between those who use the connections of a process. Questions and changes leave some to who wants a token or is looked for; a
 * question that takes long waits for others like it, and leaves room to those that do not.
 */
export class Bulkheads {
  readonly #askingOf = new PlacesByName(MOST_ASKING_OF_ONE);
  readonly #places: Record<Kind, Places>;
  readonly #long: Places;
  readonly #atWork: Places;

  constructor(connections: number) {
    const part = (share: number) => Math.max(Math.floor(connections * share), Math.min(2, connections - 1));
    this.#places = { asking: new Places(part(MOST_ASKING)), writing: new Places(part(MOST_WRITING)) };
    this.#long = new Places(Math.max(1, Math.min(Math.floor(connections * MOST_LONG), part(MOST_ASKING) - 1)));
    this.#atWork = new Places(part(MOST_AT_WORK));
  }

  /** Waits until there is room. All take their places in the same order. @returns what to end when it is done */
  async enter(kind: Kind, deadline: number, isLong = false): Promise<Held> {
    const held = new Held();
    try {
      if (kind === 'asking') held.add(await this.#askingOf.take(waitingMember().crowd, waitForPlace(deadline)));
      if (isLong) held.add(await this.#long.take(waitForPlace(deadline)));
      held.add(await this.#places[kind].take(waitForPlace(deadline)));
      held.add(await this.#atWork.take(waitForPlace(deadline)));
      return held;
    } catch (error) {
      held.end();
      throw error;
    }
  }
}
