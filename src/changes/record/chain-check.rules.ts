import { type ChainEnds, linkOf, type Placed, type RecordKey } from './audit-chain.rules.js';

/** An entry that has a link, as it is stored; what cannot be read of it stands as nothing. */
export type LinkedEntry = Placed & { sequence: number; hash: string };

const TOLD_AT_MOST = 20;

/** Follows the chain of a tenant entry by entry, and notes where it does not hold. */
export class ChainCheck {
  readonly faults: string[] = [];
  #next: number;
  /** The link of the entry before; absent after a gap, where nobody knows it. */
  #previous: string | undefined;
  #count = 0;

  constructor(
    private readonly key: RecordKey,
    private readonly ends: ChainEnds,
  ) {
    this.#next = ends.sweptSequence + 1;
    this.#previous = ends.sweptHash;
  }

  /** How many entries were followed. */
  get count(): number {
    return this.#count;
  }

  /** Takes the next entry by its place. */
  take(entry: LinkedEntry): void {
    const { sequence } = entry;
    if (sequence < this.#next) {
      this.#tell(`${entryNamed(entry)} was put in: its place is taken, or before the oldest entry that is kept`);
      return;
    }
    if (sequence > this.#next) this.#tellGap(sequence - 1);
    if (!entry.hash.startsWith(`${this.key.name}.`))
      this.#tell(`${entryNamed(entry)} was linked with another key, which is lost, or was put in`);
    else if (this.#previous !== undefined && !fits(this.key, this.#previous, entry))
      this.#tell(`${entryNamed(entry)} was changed, moved or put in`);
    this.#next = sequence + 1;
    this.#previous = entry.hash;
    this.#count += 1;
  }

  /** Whether the last entry is the one that the tenant's row names. */
  end(): void {
    const { sequence, hash } = this.ends;
    if (this.#next <= sequence)
      this.#tell(`the newest entries are missing, ${this.#next} to ${sequence}: the record was cut at its new end`);
    else if (this.#next === sequence + 1 && this.#previous !== hash)
      this.#tell(`entry ${sequence} is not the one that was written last: it was changed or put in`);
  }

  #tellGap(last: number): void {
    const where =
      this.#next === this.ends.sweptSequence + 1 ? 'the record was cut at its old end, and not because of its age' : 'they were cut out';
    this.#tell(`entries ${this.#next} to ${last} are missing: ${where}; whether the one after them was changed cannot be told`);
    this.#previous = undefined;
  }

  #tell(fault: string): void {
    if (this.faults.length < TOLD_AT_MOST) this.faults.push(fault);
    else this.faults[TOLD_AT_MOST] = 'and more';
  }
}

/**
 * How many entries may go because of their age, from the oldest on. Only a link proves a moment, so what counts is the last entry that
 * has one and is old: all before it are older, whatever is said of them. An entry that is proved to be young ends it.
 * @param previous the link of the entry before the first one
 */
export function countAged(key: RecordKey, entries: readonly LinkedEntry[], { previous, until }: { previous: string; until: Date }): number {
  let aged = 0;
  let before = previous;
  for (const [index, entry] of entries.entries()) {
    if (fits(key, before, entry)) {
      if (entry.at >= until) break;
      aged = index + 1;
    }
    before = entry.hash;
  }
  return aged;
}

function fits(key: RecordKey, previous: string, { hash, ...entry }: LinkedEntry): boolean {
  try {
    return linkOf(key, previous, entry) === hash;
  } catch {
    // Such as a moment that is none.
    return false;
  }
}

function entryNamed({ sequence, id, action }: LinkedEntry): string {
  return `entry ${sequence} (${action}, ${id})`;
}
