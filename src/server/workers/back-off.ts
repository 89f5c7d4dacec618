const FIRST_MS = 100;
const LONGEST_MS = 30_000;
const FORGOTTEN_AFTER_MS = 60_000;

/** How long to wait before a process that ended is started again: not at all the first time, then longer and longer. */
export class BackOff {
  #nextMs = 0;

  /** @param livedMs how long the process lived; a long life makes up for what was before. @returns milliseconds to wait */
  next(livedMs: number): number {
    if (livedMs >= FORGOTTEN_AFTER_MS) this.#nextMs = 0;
    const waitMs = this.#nextMs;
    this.#nextMs = Math.min(Math.max(waitMs * 2, FIRST_MS), LONGEST_MS);
    return waitMs;
  }
}
