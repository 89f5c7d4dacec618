import { breathe } from './breath.js';
import { PartyLines } from './party-lines.js';

/** Whose turn comes when nobody else waits: who has not proved who they are, and may say to be anybody. */
export const STRANGERS = '';

interface Waiting {
  party: string;
  begin(): void;
}

/**
 * Lets those who ask for what takes long begin one after the other: what many sent at the same moment would otherwise be worked on to its
 * end before anybody else is heard. Parties take turns, and fewer of them when theirs cost more.
 */
export class Turns {
  readonly #waiting = new PartyLines<Waiting>();
  readonly #strangers: Waiting[] = [];
  #isTaken = false;

  /** Waits until it is somebody's turn. @param party whose crowd it may be one of */
  take(party: string): Promise<void> {
    if (!this.#isTaken) {
      this.#waiting.pass(party);
      this.#hold(party);
      return Promise.resolve();
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    if (party === STRANGERS) this.#strangers.push({ party, begin: resolve });
    else this.#waiting.add(party, { party, begin: resolve });
    return promise;
  }

  /** Notes what a party's turn has cost beside itself: its next one comes when others had as much. @param turns in turns of which each is short */
  spend(party: string, turns: number): void {
    this.#waiting.spend(party, turns);
  }

  #hold(party: string): void {
    this.#isTaken = true;
    this.#waiting.spend(party, 1);
    void breathe().then(() => {
      const next = this.#waiting.next() ?? this.#strangers.shift();
      if (next) this.#hold(next.party);
      else this.#isTaken = false;
      next?.begin();
    });
  }
}
