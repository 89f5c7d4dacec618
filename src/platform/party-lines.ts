/** What waits, of many parties that take turns: one's crowd does not come before all of another's. */
export class PartyLines<T> {
  readonly #lines = new Map<string, T[]>();

  add(party: string, one: T): void {
    const line = this.#lines.get(party);
    if (line) line.push(one);
    else this.#lines.set(party, [one]);
  }

  /** Takes the first of the party whose turn it is. */
  next(): T | undefined {
    const [party, line] = this.#lines.entries().next().value ?? [];
    if (party === undefined || !line) return undefined;
    this.#lines.delete(party);
    const first = line.shift();
    if (line.length > 0) this.#lines.set(party, line);
    return first;
  }

  /** Forgets one that waits no more. */
  remove(party: string, one: T): void {
    const line = this.#lines.get(party)?.filter((other) => other !== one) ?? [];
    if (line.length > 0) this.#lines.set(party, line);
    else this.#lines.delete(party);
  }
}
