import { hashOf } from '../platform/keyed-hash.js';

const PLACES_IN_A_SET = 8;
const SETS = 16_384;
/** What a place has for a name while nobody has it. No text has this hash, as good as ever. */
const FREE = 0;

/** How often something happened within a window. */
export interface WindowCount {
  times: number;
  /** Until the window is over, which is as long as it may be even when the time of day went back. */
  msLeft: number;
}

/** A moment by the time of day and by a clock that never jumps: a window is over when it is by either. */
interface Moment {
  ofDay: number;
  ofRun: number;
}

/**
 * Counts what happens under a name within a window that begins with the first time. It is bounded: memory is reserved for
 * {@link MOST_COUNTED} names, known by their hashes, without a timer each. A name belongs to a set of eight places; when
 * all are taken, the one goes that happened least often. So whoever floods it with names loses what happened once, and to
 * push out what happened n times takes n times as much for each of seven others in the very set, which nobody can choose.
 */
export class WindowCounts {
  readonly #names = new Float64Array(SETS * PLACES_IN_A_SET);
  /** Within the window. */
  readonly #times = new Uint32Array(SETS * PLACES_IN_A_SET);
  /** Since the name is known: a window that begins anew makes nobody the one to go. */
  readonly #allTimes = new Uint32Array(SETS * PLACES_IN_A_SET);
  readonly #begun: Stamps = stamps();
  readonly #last: Stamps = stamps();

  /** @param windowMs in milliseconds */
  constructor(private readonly windowMs: number) {}

  /** Counts one more time. */
  add(text: string): WindowCount {
    const name = hashOf(text);
    const now = momentNow();
    const place = this.#find(name, now) ?? this.#take(name, now);
    if (!this.#isGoingOn(place, now)) {
      write(this.#begun, place, now);
      this.#times[place] = 0;
    }
    write(this.#last, place, now);
    this.#times[place] = (this.#times[place] as number) + 1;
    this.#allTimes[place] = (this.#allTimes[place] as number) + 1;
    return this.#read(place, now);
  }

  /** What happened within the window that goes on; undefined when none does. */
  get(text: string): WindowCount | undefined {
    const now = momentNow();
    const place = this.#find(hashOf(text), now);
    return place !== undefined && this.#isGoingOn(place, now) ? this.#read(place, now) : undefined;
  }

  /** Whether it last happened no longer ago than a window. */
  isRecent(text: string): boolean {
    return this.#find(hashOf(text), momentNow()) !== undefined;
  }

  /** Whether anything happened within a window. */
  hasRecent(): boolean {
    const now = momentNow();
    return this.#names.some((name, place) => name !== FREE && this.#isWithin(this.#last, place, now));
  }

  #find(name: number, now: Moment): number | undefined {
    const first = firstPlaceOf(name);
    for (let place = first; place < first + PLACES_IN_A_SET; place += 1)
      if (this.#names[place] === name && this.#isWithin(this.#last, place, now)) return place;
    return undefined;
  }

  /** A place that is free, or that of the name which happened least often. */
  #take(name: number, now: Moment): number {
    const first = firstPlaceOf(name);
    const worthOf = (place: number) =>
      this.#names[place] !== FREE && this.#isWithin(this.#last, place, now) ? (this.#allTimes[place] as number) : 0;
    let taken = first;
    for (let place = first; place < first + PLACES_IN_A_SET; place += 1) if (worthOf(place) < worthOf(taken)) taken = place;
    this.#names[taken] = name;
    this.#times[taken] = 0;
    this.#allTimes[taken] = 0;
    return taken;
  }

  /** Whether a window has begun that is not over. */
  #isGoingOn(place: number, now: Moment): boolean {
    return this.#times[place] !== 0 && this.#isWithin(this.#begun, place, now);
  }

  #isWithin({ ofDay, ofRun }: Stamps, place: number, now: Moment): boolean {
    return now.ofRun - (ofRun[place] as number) < this.windowMs && now.ofDay - (ofDay[place] as number) < this.windowMs;
  }

  #read(place: number, now: Moment): WindowCount {
    const msLeft = (this.#begun.ofDay[place] as number) + this.windowMs - now.ofDay;
    return { times: this.#times[place] as number, msLeft: Math.min(msLeft, this.windowMs) };
  }
}

/** How many names are counted at most. */
export const MOST_COUNTED = SETS * PLACES_IN_A_SET;

interface Stamps {
  ofDay: Float64Array;
  ofRun: Float64Array;
}

function stamps(): Stamps {
  return { ofDay: new Float64Array(SETS * PLACES_IN_A_SET), ofRun: new Float64Array(SETS * PLACES_IN_A_SET) };
}

function write({ ofDay, ofRun }: Stamps, place: number, now: Moment): void {
  ofDay[place] = now.ofDay;
  ofRun[place] = now.ofRun;
}

function momentNow(): Moment {
  return { ofDay: Date.now(), ofRun: performance.now() };
}

function firstPlaceOf(name: number): number {
  return (name % SETS) * PLACES_IN_A_SET;
}
