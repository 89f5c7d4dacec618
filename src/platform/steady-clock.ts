/** A step by more than this is none that a clock makes while it is set right little by little. */
const LEAP_MS = 5_000;

/** Watches the time of day beside the clock that only goes forward: one that leapt may be wrong, and may leap back. */
export class SteadyClock {
  #offset = offset();
  #leaptAt = performance.now();

  /** For how long it has not leapt, in milliseconds: since this was made at most. Leaps there and back between two looks are not seen. */
  get evenMs(): number {
    const now = offset();
    if (Math.abs(now - this.#offset) > LEAP_MS) this.#leaptAt = performance.now();
    this.#offset = now;
    return performance.now() - this.#leaptAt;
  }
}

function offset(): number {
  return Date.now() - performance.now();
}
