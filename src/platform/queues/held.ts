import type { GiveBack } from './places.js';

/** What somebody holds until they are done, such as places: what they get later, when nobody gives it back any more, goes back at once. */
export class Held {
  readonly #held = new Set<GiveBack>();
  #isOver = false;

  /** @returns gives it back before the others */
  add(giveBack: GiveBack): GiveBack {
    if (this.#isOver) {
      giveBack();
      return () => undefined;
    }
    this.#held.add(giveBack);
    return () => {
      if (this.#held.delete(giveBack)) giveBack();
    };
  }

  /** Gives back all of it. */
  end(): void {
    this.#isOver = true;
    for (const giveBack of this.#held) giveBack();
    this.#held.clear();
  }
}
