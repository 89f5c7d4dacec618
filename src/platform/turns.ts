import { breathe } from './breath.js';

/**
 * Lets those who ask for what takes long begin one after the other: what many sent at the same moment would otherwise be worked on to its
 * end before anybody else is heard. Parties take turns, so that one's crowd does not come before all of another's.
 */
export class Turns {
  readonly #waiting = new Map<string, (() => void)[]>();
  #isTaken = false;

  /** Waits until it is somebody's turn. @param party whose crowd it may be one of */
  take(party: string): Promise<void> {
    if (!this.#isTaken) {
      this.#hold();
      return Promise.resolve();
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const line = this.#waiting.get(party);
    if (line) line.push(resolve);
    else this.#waiting.set(party, [resolve]);
    return promise;
  }

  #hold(): void {
    this.#isTaken = true;
    void breathe().then(() => {
      const begin = this.#next();
      if (begin) this.#hold();
      else this.#isTaken = false;
      begin?.();
    });
  }

  #next(): (() => void) | undefined {
    const [party, line] = this.#waiting.entries().next().value ?? [];
    if (party === undefined || !line) return undefined;
    this.#waiting.delete(party);
    const first = line.shift();
    if (line.length > 0) this.#waiting.set(party, line);
    return first;
  }
}
