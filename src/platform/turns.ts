import { breathe } from './breath.js';
import { PartyLines } from './party-lines.js';

/** Whose turn comes when nobody else waits: who has not proved who they are, and may say to be anybody. */
export const STRANGERS = '';

/**
 * Lets those who ask for what takes long begin one after the other: what many sent at the same moment would otherwise be worked on to its
 * end before anybody else is heard. Parties take turns, so that one's crowd does not come before all of another's.
 */
export class Turns {
  readonly #waiting = new PartyLines<() => void>();
  readonly #strangers: (() => void)[] = [];
  #isTaken = false;

  /** Waits until it is somebody's turn. @param party whose crowd it may be one of */
  take(party: string): Promise<void> {
    if (!this.#isTaken) {
      this.#hold();
      return Promise.resolve();
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    if (party === STRANGERS) this.#strangers.push(resolve);
    else this.#waiting.add(party, resolve);
    return promise;
  }

  #hold(): void {
    this.#isTaken = true;
    void breathe().then(() => {
      const begin = this.#waiting.next() ?? this.#strangers.shift();
      if (begin) this.#hold();
      else this.#isTaken = false;
      begin?.();
    });
  }
}
