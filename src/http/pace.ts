/** About as long as one turn of the event loop takes with as many requests as there are: all else waits for it. */
const TURN_MS = 5;
/** What is looked up at the same moment shares a query: with fewer that would not be so. */
const LEAST_AT_ONCE = 4;
const MOST_AT_ONCE = 64;
/** How much the last turn tells of what the next will cost. */
const WEIGHT = 0.2;

/**
 * Begins requests so that a turn of the event loop stays short. In each turn the loop takes one new connection, and work that goes on lets
 * it come round between its pieces: with hundreds of requests answered in one turn all these would wait for hundreds of milliseconds a time.
 */
export class Pace {
  readonly #waiting: (() => void)[] = [];
  /** Of a request, in milliseconds. */
  #cost = 0.5;
  #isTurn = false;
  #began = 0;
  #begun = 0;

  /** Begins something, at once or in a later turn, in the order in which it came. */
  run(work: () => void): void {
    if (!this.#isTurn) this.#beginTurn();
    if (this.#waiting.length > 0 || performance.now() - this.#began >= TURN_MS) {
      this.#waiting.push(work);
    } else {
      this.#begun += 1;
      work();
    }
  }

  #beginTurn(): void {
    this.#isTurn = true;
    this.#began = performance.now();
    this.#begun = 0;
    setImmediate(() => this.#endTurn());
  }

  #endTurn(): void {
    this.#isTurn = false;
    if (this.#begun > 0) this.#cost += WEIGHT * ((performance.now() - this.#began) / this.#begun - this.#cost);
    if (this.#waiting.length === 0) return;
    this.#beginTurn();
    const count = Math.min(Math.max(Math.round(TURN_MS / this.#cost), LEAST_AT_ONCE), MOST_AT_ONCE);
    for (const work of this.#waiting.splice(0, count)) {
      this.#begun += 1;
      work();
    }
  }
}
