const ROWS = 65_536;

/** A set of rows by their numbers, of which there may be very many: a bit for each, in pieces of 64 Ki. */
export class RowSet {
  readonly #pieces = new Map<number, Uint8Array>();
  /** How many are in it. */
  size = 0;

  add(row: number): void {
    const number = Math.floor(row / ROWS);
    const piece = this.#pieces.get(number) ?? new Uint8Array(ROWS / 8);
    this.#pieces.set(number, piece);
    const [at, bit] = [(row % ROWS) >> 3, 1 << (row & 7)];
    const bits = piece[at] as number;
    if ((bits & bit) === 0) this.size += 1;
    piece[at] = bits | bit;
  }
}
