const MILLISECONDS_AN_HOUR = 3_600_000;

/** Of a secret, or of a credential of another kind. */
interface ProofUse {
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

/** What a client proved itself with, where it is counted by itself. */
export interface UsedProof {
  secretId?: string | undefined;
  /** Of a credential by which somebody else vouches for it. */
  credentialId?: string | undefined;
  /** Where the way itself is counted. */
  authMethod?: string | undefined;
}

interface Uses {
  secrets: readonly ProofUse[];
  credentials: readonly ProofUse[];
  methods: readonly ProofUse[];
  clients: readonly ClientUse[];
  hours: readonly HourCount[];
}

/** What has happened since the last time it was written down: numbers to add, and the latest of each moment. */
export class UseTally {
  readonly #secrets = new Map<string, ProofUse>();
  readonly #credentials = new Map<string, ProofUse>();
  /** By client and method. */
  readonly #methods = new Map<string, ProofUse>();
  readonly #clients = new Map<string, ClientUse>();
  /** By hour, then by client. */
  readonly #hours = new Map<number, Map<string, HourCount>>();

  get isEmpty(): boolean {
    return this.#hours.size === 0 && this.#clients.size === 0;
  }

  secrets(): ProofUse[] {
    return [...this.#secrets.values()];
  }

  /** Those by which others vouch for clients. */
  credentials(): ProofUse[] {
    return [...this.#credentials.values()];
  }

  clients(): ClientUse[] {
    return [...this.#clients.values()];
  }

  hours(): HourCount[] {
    return [...this.#hours.values()].flatMap((counts) => [...counts.values()]);
  }

  /** Ways to prove oneself, by client and method with a blank in between. */
  methods(): ProofUse[] {
    return [...this.#methods.values()];
  }

  use(clientRowId: string, { secretId, credentialId, authMethod, ip, at }: { ip: string; at: number } & UsedProof): void {
    this.#useClient(clientRowId, at);
    if (secretId) addUse(this.#secrets, { id: secretId, count: 1, at, ip });
    if (credentialId) addUse(this.#credentials, { id: credentialId, count: 1, at, ip });
    if (authMethod) addUse(this.#methods, { id: `${clientRowId} ${authMethod}`, count: 1, at, ip });
  }

  count(clientRowId: string, outcome: 'issued' | 'refused', at: number): void {
    this.#hourOf(clientRowId, toHour(at))[outcome] += 1;
  }

  /** All of it in several that have no more than so many of anything. */
  *split(most: number): Generator<UseTally> {
    const all = this.#all;
    const longest = Math.max(...Object.values(all).map((uses) => uses.length));
    for (let start = 0; start < longest; start += most) {
      const end = start + most;
      const part = new UseTally();
      part.#add({
        secrets: all.secrets.slice(start, end),
        credentials: all.credentials.slice(start, end),
        methods: all.methods.slice(start, end),
        clients: all.clients.slice(start, end),
        hours: all.hours.slice(start, end),
      });
      yield part;
    }
  }

  merge(other: UseTally): void {
    this.#add(other.#all);
  }

  get #all(): Uses {
    return {
      secrets: this.secrets(),
      credentials: this.credentials(),
      methods: this.methods(),
      clients: this.clients(),
      hours: this.hours(),
    };
  }

  #add({ secrets, credentials, methods, clients, hours }: Uses): void {
    for (const use of secrets) addUse(this.#secrets, use);
    for (const use of credentials) addUse(this.#credentials, use);
    for (const use of methods) addUse(this.#methods, use);
    for (const { id, at } of clients) this.#useClient(id, at);
    for (const { id, hour, issued, refused } of hours) {
      const count = this.#hourOf(id, hour);
      count.issued += issued;
      count.refused += refused;
    }
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

function addUse(uses: Map<string, ProofUse>, { id, count, at, ip }: ProofUse): void {
  const known = uses.get(id);
  if (!known) {
    uses.set(id, { id, count, at, ip });
    return;
  }
  known.count += count;
  if (at < known.at) return;
  known.at = at;
  known.ip = ip;
}

/** When an hour began. */
export function fromHour(hour: number): Date {
  return new Date(hour * MILLISECONDS_AN_HOUR);
}

/** The hour of a moment: whole hours since 1970, UTC. */
export function toHour(milliseconds: number): number {
  return Math.floor(milliseconds / MILLISECONDS_AN_HOUR);
}
