/** About as long as one turn of the event loop takes with as many requests as there are: all else waits for it. */
const TURN_MS = 2;
/** What is looked up at the same moment shares a query: with fewer that would not be so. */
const LEAST_AT_ONCE = 4;
const MOST_AT_ONCE = 64;
/** How much the last turn tells of what the next will cost. */
const WEIGHT = 0.2;

/** Those of one kind that wait: sources take turns, and what comes from one is in the order in which it came. */
class Line {
  readonly #waiting = new Map<string, Set<() => void>>();
  /** Begun in this turn. */
  begun = 0;

  /** @param cost of one, in milliseconds, as long as nothing is known of it */
  constructor(
    private cost: number,
    private readonly leastAtOnce: number,
  ) {}

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** @returns forgets it */
  add(source: string, work: () => void): () => void {
    const ofSource = this.#waiting.get(source) ?? new Set();
    this.#waiting.set(source, ofSource.add(work));
    return () => {
      if (ofSource.delete(work) && ofSource.size === 0) this.#waiting.delete(source);
    };
  }

  begin(work: () => void): void {
    this.begun += 1;
    work();
  }

  beginSome(): void {
    let left = Math.min(Math.max(Math.round(TURN_MS / this.cost), this.leastAtOnce), MOST_AT_ONCE);
    for (; left > 0; left -= 1) {
      const work = this.#next();
      if (!work) return;
      this.begin(work);
    }
  }

  #next(): (() => void) | undefined {
    for (const [source, ofSource] of this.#waiting) {
      const [work] = ofSource;
      this.#waiting.delete(source);
      ofSource.delete(work as () => void);
      if (ofSource.size > 0) this.#waiting.set(source, ofSource);
      return work;
    }
    return undefined;
  }

  /** Notes what those cost that were begun in a turn, in which there were no others. */
  learn(milliseconds: number): void {
    this.cost += WEIGHT * (milliseconds / this.begun - this.cost);
  }
}

/**
 * Begins work so that a turn of the event loop stays short. In each turn the loop takes one new connection, and work that goes on lets
 * it come round between its pieces: with hundreds of requests answered in one turn all these would wait for hundreds of milliseconds a time.
 * What is heavy waits for itself alone: turns are in turn for what is light and for that. So are they for those from whom it comes: one
 * network's crowd does not come before all that others send.
 */
export class Pace {
  readonly #light = new Line(0.5, LEAST_AT_ONCE);
  readonly #heavy = new Line(TURN_MS, 1);
  #isTurn = false;
  #began = 0;
  #next = this.#light;

  /**
   * Begins something, at once or in a later turn.
   * @param how.source tells from whom it comes, where it has to wait
   * @returns forgets it when it has not begun
   */
  run(work: () => void, { isHeavy = false, source = () => '' }: { isHeavy?: boolean; source?: () => string } = {}): () => void {
    if (!this.#isTurn) this.#beginTurn();
    const line = isHeavy ? this.#heavy : this.#light;
    if (!line.isEmpty || performance.now() - this.#began >= TURN_MS) return line.add(source(), work);
    line.begin(work);
    return () => undefined;
  }

  #beginTurn(): void {
    this.#isTurn = true;
    this.#began = performance.now();
    for (const line of [this.#light, this.#heavy]) line.begun = 0;
    setImmediate(() => this.#endTurn());
  }

  #endTurn(): void {
    this.#isTurn = false;
    const lines = [this.#light, this.#heavy];
    const [begun, ...others] = lines.filter((line) => line.begun > 0);
    if (begun && others.length === 0) begun.learn(performance.now() - this.#began);
    const waiting = lines.filter((line) => !line.isEmpty);
    if (waiting.length === 0) return;
    this.#beginTurn();
    const line = waiting.includes(this.#next) ? this.#next : (waiting[0] as Line);
    this.#next = line === this.#light ? this.#heavy : this.#light;
    line.beginSome();
  }
}
