const MILLISECONDS_AN_HOUR = 3_600_000;

interface SecretUse {
  id: string;
  count: number;
  /** Milliseconds since 1970. */
  at: number;
  ip: string;
}

interface ClientUse {
  id: string;
  /** Milliseconds since 1970. */
  at: number;
}

interface HourCount {
  id: string;
  hour: number;
  issued: number;
  refused: number;
}

/** What has happened since the last time it was written down: numbers to add, and the latest of each moment. */
export class UseTally {
  readonly #secrets = new Map<string, SecretUse>();
  readonly #clients = new Map<string, ClientUse>();
  /** By hour, then by client. */
  readonly #hours = new Map<number, Map<string, HourCount>>();

  get isEmpty(): boolean {
    return this.#hours.size === 0 && this.#clients.size === 0;
  }

  secrets(): SecretUse[] {
    return [...this.#secrets.values()];
  }

  clients(): ClientUse[] {
    return [...this.#clients.values()];
  }

  hours(): HourCount[] {
    return [...this.#hours.values()].flatMap((counts) => [...counts.values()]);
  }

  use(clientRowId: string, { secretId, ip, at }: { secretId: string | undefined; ip: string; at: number }): void {
    this.#useClient(clientRowId, at);
    if (secretId) this.#useSecret({ id: secretId, count: 1, at, ip });
  }

  count(clientRowId: string, outcome: 'issued' | 'refused', at: number): void {
    this.#hourOf(clientRowId, toHour(at))[outcome] += 1;
  }

  /** All of it in several that have no more than so many of anything. */
  *split(most: number): Generator<UseTally> {
    const [secrets, clients, hours] = [this.secrets(), this.clients(), this.hours()];
    for (let start = 0; start < Math.max(secrets.length, clients.length, hours.length); start += most) {
      const part = new UseTally();
      part.#add(secrets.slice(start, start + most), clients.slice(start, start + most), hours.slice(start, start + most));
      yield part;
    }
  }

  merge(other: UseTally): void {
    this.#add(other.secrets(), other.clients(), other.hours());
  }

  #add(secrets: readonly SecretUse[], clients: readonly ClientUse[], hours: readonly HourCount[]): void {
    for (const use of secrets) this.#useSecret(use);
    for (const { id, at } of clients) this.#useClient(id, at);
    for (const { id, hour, issued, refused } of hours) {
      const count = this.#hourOf(id, hour);
      count.issued += issued;
      count.refused += refused;
    }
  }

  #useSecret({ id, count, at, ip }: SecretUse): void {
    const known = this.#secrets.get(id);
    if (!known) {
      this.#secrets.set(id, { id, count, at, ip });
      return;
    }
    known.count += count;
    if (at < known.at) return;
    known.at = at;
    known.ip = ip;
  }

  #useClient(id: string, at: number): void {
    const known = this.#clients.get(id);
    if (!known) this.#clients.set(id, { id, at });
    else if (at > known.at) known.at = at;
  }

  #hourOf(id: string, hour: number): HourCount {
    const counts = this.#hours.get(hour) ?? new Map<string, HourCount>();
    if (counts.size === 0) this.#hours.set(hour, counts);
    const count = counts.get(id) ?? { id, hour, issued: 0, refused: 0 };
    counts.set(id, count);
    return count;
  }
}

/** When an hour began. */
export function fromHour(hour: number): Date {
  return new Date(hour * MILLISECONDS_AN_HOUR);
}

/** The hour of a moment: whole hours since 1970, UTC. */
export function toHour(milliseconds: number): number {
  return Math.floor(milliseconds / MILLISECONDS_AN_HOUR);
}
