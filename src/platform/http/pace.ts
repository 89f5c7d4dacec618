/** About as long as one turn of the event loop takes with as many requests as there are: all else waits for it. */
const TURN_MS = 2;
/** For how long work waits for connections to be taken, some seventy of them. */
const HELD_MS = 6;
/** With more than that behind them connections are taken one by one again: whoever takes them faster than they end has no room for others soon. */
const MOST_BEHIND = 1_000;
/** What is looked up at the same moment shares a query: with fewer that would not be so. */
const LEAST_AT_ONCE = 4;
const MOST_AT_ONCE = 64;
/** How much the last turn tells of what the next will cost. */
const WEIGHT = 0.2;

/** What waits for its turn by itself. */
export type Kind = 'light' | 'heavy' | 'rubbish';

/** Those of one kind that wait: sources take turns, and what comes from one is in the order in which it came. */
class Line {
  readonly #waiting = new Map<string, Set<() => void>>();
  /** Begun in this turn. */
  begun = 0;
  /** How many wait. */
  size = 0;

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
    this.size += 1;
    return () => {
      if (!ofSource.delete(work)) return;
      this.size -= 1;
      if (ofSource.size === 0) this.#waiting.delete(source);
    };
  }

  /** How many may be begun in a turn. */
  get room(): number {
    return Math.min(Math.max(Math.round(TURN_MS / this.cost), this.leastAtOnce), MOST_AT_ONCE);
  }

  /** Whether as many were begun in this turn as are in any. */
  get hasLeast(): boolean {
    return this.begun >= this.leastAtOnce;
  }

  /** Takes the next one out. */
  next(): { work: () => void; source: string } | undefined {
    for (const [source, ofSource] of this.#waiting) {
      const [work] = ofSource as Iterable<() => void> as [() => void];
      this.#waiting.delete(source);
      ofSource.delete(work);
      this.size -= 1;
      if (ofSource.size > 0) this.#waiting.set(source, ofSource);
      return { work, source };
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
 * What is heavy waits for itself alone, and so does what looks like rubbish: turns are in turn for what is light and for these. So are
 * they for those from whom it comes: one network's crowd does not come before all that others send.
 */
export class Pace {
  readonly #lines = { light: new Line(0.5, LEAST_AT_ONCE), heavy: new Line(TURN_MS, 1), rubbish: new Line(TURN_MS, 1) };
  /** The one that had its turn the longest time ago comes first. */
  #turns = Object.values(this.#lines);
  #isTurn = false;
  #began = 0;
  #hasArrival = false;
  /** When work began to wait for connections to be taken. */
  #heldSince: number | undefined;
  #running: { line: Line; source: () => string } | undefined;

  /** @param now a clock that never goes back, in milliseconds */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /**
   * A connection was taken. The loop takes one in a turn, and whoever is behind a crowd of them is seen by nobody: so work waits while
   * there are more, for a while.
   */
  arrive(): void {
    if (!this.#isTurn) this.#beginTurn();
    this.#hasArrival = true;
  }

  /**
   * Begins something, at once or in a later turn. What is begun by something of the same kind that has had its turn, and comes from the
   * same, has waited.
   * @param how.source tells from whom it comes, where it has to wait
   * @returns forgets it when it has not begun
   */
  run(work: () => void, { kind = 'light', source = () => '' }: { kind?: Kind; source?: () => string } = {}): () => void {
    if (!this.#isTurn) this.#beginTurn();
    const line = this.#lines[kind];
    const running = this.#running;
    // How long something heavy takes shows only when it has ended.
    const hasRoom = line.isEmpty && !this.#isHeld && !this.#isOver && (kind === 'light' || line.begun === 0);
    if (hasRoom) this.#begin(work, { line, source });
    else if (running?.line === line && running.source() === source()) work();
    else return line.add(source(), work);
    return () => undefined;
  }

  #begin(work: () => void, running: { line: Line; source: () => string }): void {
    const outer = this.#running;
    this.#running = running;
    running.line.begun += 1;
    try {
      work();
    } finally {
      this.#running = outer;
    }
  }

  get #isOver(): boolean {
    return this.now() - this.#began >= TURN_MS;
  }

  get #isHeld(): boolean {
    if (!this.#hasArrival || this.now() - (this.#heldSince ?? this.#began) >= HELD_MS) return false;
    return this.#turns.reduce((sum, { size }) => sum + size, 0) < MOST_BEHIND;
  }

  #beginTurn(): void {
    this.#isTurn = true;
    this.#hasArrival = false;
    this.#began = this.now();
    for (const line of this.#turns) line.begun = 0;
    setImmediate(() => this.#endTurn());
  }

  #endTurn(): void {
    this.#isTurn = false;
    const [begun, ...others] = this.#turns.filter((line) => line.begun > 0);
    if (begun && others.length === 0) begun.learn(this.now() - this.#began);
    const line = this.#turns.find(({ isEmpty }) => !isEmpty);
    const isHeld = line !== undefined && this.#isHeld;
    this.#heldSince = isHeld ? (this.#heldSince ?? this.#began) : undefined;
    if (!line) return;
    this.#beginTurn();
    if (isHeld) return;
    this.#turns = [...this.#turns.filter((other) => other !== line), line];
    for (let { room } = line; room > 0 && !(line.hasLeast && this.#isOver); room -= 1) {
      const next = line.next();
      if (!next) return;
      this.#begin(next.work, { line, source: () => next.source });
    }
  }
}
