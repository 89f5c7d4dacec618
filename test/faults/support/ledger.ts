import { Caller, type Manner, type Reply } from './caller.ts';
import { after, type ClientState, type Deed, NOTHING } from './client-state.ts';

/** How a request ended: with success, with a refusal, or nobody knows because no answer came. */
export type Outcome = 'acknowledged' | 'refused' | 'unknown';

/** A request as its sender saw it. */
export interface Entry {
  url: string;
  clientId: string;
  outcome: Outcome;
  status?: number | undefined;
  /** The `extensions.code` or the OAuth `error` of a refusal, or the code of the fault of the connection. */
  code?: string | undefined;
  retryAfter?: string | undefined;
  /** What was answered, unless it was a success. */
  text?: string | undefined;
  /** In milliseconds of a clock that only goes forward. */
  begin: number;
  end: number;
  /** When it ended, by the time of day that the servers have. */
  at: number;
}

/** A write. */
export interface Write extends Entry {
  deed: Deed;
  /** That the answer showed. */
  secret?: string | undefined;
}

/** A request for a token. */
export interface TokenEntry extends Entry {
  token?: string | undefined;
}

/** A client id and a secret. */
export interface Pair {
  clientId: string;
  secret: string;
}

/** Who is asked, and as whom. */
export interface Party {
  /** Of all servers. */
  issuer: string;
  /** Where they, or what stands before them, can be asked; the issuer alone when absent. */
  urls?: string[];
  admin: Pair;
}

/** How requests of a kind went. */
export interface Tally {
  acknowledged: number;
  refused: number;
  unknown: number;
  /** The longest time without a success, from the first failure to the next success; 0 without a failure. */
  interruptionMs: number;
  slowestMs: number;
  /** How often each status and code occurred among what failed. */
  failures: Record<string, number>;
  /** The same without refusals after a wait as long as any: where nothing was done to the database, the machine was too slow for it. */
  early: Record<string, number>;
}

/** A server that answers 503 for its database has waited for that long at least. */
const SHORTEST_WAIT_MS = 2_500;

/** Remembers, outside of all servers, what they have answered. */
export class Ledger {
  readonly writes: Write[] = [];
  readonly tokens: TokenEntry[] = [];
  /** By how much the clock of the servers is ahead of the machine's. */
  clockAheadMs = 0;
  readonly issuer: string;
  /** Where requests go from now on. */
  urls: readonly string[];
  /** Begins the ids of all clients that are written of here. */
  readonly prefix = `ledger-${Math.random().toString(36).slice(2, 8)}-`;
  #token: string | undefined;
  #lastClient = 0;

  constructor(readonly party: Party) {
    this.issuer = party.issuer;
    this.urls = party.urls ?? [party.issuer];
  }

  /** Somebody with a connection of their own. */
  caller(manner?: Manner): Caller {
    return new Caller(this.issuer, this.urls, manner);
  }

  /** An id that no client had before. */
  newClientId(): string {
    this.#lastClient += 1;
    return this.prefix + this.#lastClient;
  }

  /** Sends a write and enters what came of it. */
  async write(caller: Caller, clientId: string, deed: Deed, secretId?: string): Promise<Write> {
    const begin = performance.now();
    const reply = await this.graphql(caller, queryOf(deed), { clientId, secretId, ...deed, input: inputOf(clientId, deed) });
    const { data, errors } = parse(reply.text);
    const isDone = reply.status === 200 && data?.[deed.kind] != null && !errors;
    const write: Write = { ...this.#entry(reply, clientId, begin, isDone), deed, secret: data?.[deed.kind]?.clientSecret };
    this.writes.push(write);
    return write;
  }

  /** Asks for a token and enters what came of it. */
  async takeToken(caller: Caller, pair: Pair): Promise<TokenEntry> {
    const begin = performance.now();
    const reply = await askForToken(caller, pair);
    const token = parse(reply.text).access_token;
    const entry: TokenEntry = { ...this.#entry(reply, pair.clientId, begin, reply.status === 200 && typeof token === 'string'), token };
    this.tokens.push(entry);
    return entry;
  }

  /** Sends a GraphQL operation as the administrator, with a new token when the present one is refused. */
  async graphql(caller: Caller, query: string, variables: object = {}): Promise<Reply> {
    for (let isRepeated = false; ; isRepeated = true) {
      if (this.#token === undefined) {
        const reply = await askForToken(caller, this.party.admin);
        if (reply.status !== 200) return reply;
        this.#token = parse(reply.text).access_token;
      }
      const headers = { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' };
      const reply = await caller.ask({ method: 'POST', path: '/graphql', headers, body: JSON.stringify({ query, variables }) });
      if (reply.status !== 401 || isRepeated) return reply;
      this.#token = undefined;
    }
  }

  /** For each client all that there may be of it: only what was acknowledged is certain. */
  states(): Map<string, ClientState[]> {
    const states = new Map<string, ClientState[]>();
    for (const { clientId, deed, outcome, status, secret } of this.writes) {
      const before = states.get(clientId) ?? [NOTHING];
      const done = before.map((state) => after(state, deed, secret));
      // A server that says what is wrong with a request has not done it; one that is in trouble may have.
      const isUndone = outcome === 'refused' && status !== undefined && status < 500;
      states.set(clientId, outcome === 'acknowledged' ? done : isUndone ? before : [...before, ...done]);
    }
    return states;
  }

  /** How the requests of a kind went. @param since those that began from then on, by `performance.now()` */
  tally(kind: 'writes' | 'tokens', since = 0): Tally {
    const entries: Entry[] = this[kind].filter(({ begin }) => begin >= since);
    const count = (outcome: Outcome) => entries.filter((entry) => entry.outcome === outcome).length;
    const failed = entries.filter(({ outcome }) => outcome !== 'acknowledged');
    return {
      acknowledged: count('acknowledged'),
      refused: count('refused'),
      unknown: count('unknown'),
      interruptionMs: Math.round(longestInterruption(entries)),
      slowestMs: Math.round(entries.reduce((slowest, { begin, end }) => Math.max(slowest, end - begin), 0)),
      failures: countByCode(failed),
      early: countByCode(failed.filter(({ status, begin, end }) => status !== 503 || end - begin < SHORTEST_WAIT_MS)),
    };
  }

  #entry({ url, status, text, headers, error }: Reply, clientId: string, begin: number, isDone: boolean): Entry {
    const times = { begin, end: performance.now(), at: Date.now() + this.clockAheadMs };
    if (isDone) return { url, clientId, outcome: 'acknowledged', status, ...times };
    if (error) return { url, clientId, outcome: 'unknown', code: error, ...times };
    const { errors, error: code } = parse(text);
    const retryAfter = headers['retry-after'] as string | undefined;
    return { url, clientId, outcome: 'refused', status, code: code ?? errors?.[0]?.extensions?.code, retryAfter, text, ...times };
  }
}

function countByCode(entries: readonly Entry[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, code } of entries) {
    const name = [status, code].filter(Boolean).join(' ');
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/** Asks for a token. */
export function askForToken(caller: Caller, { clientId, secret }: Pair): Promise<Reply> {
  const authorization = `Basic ${btoa(`${clientId}:${secret}`)}`;
  const headers = { authorization, 'content-type': 'application/x-www-form-urlencoded' };
  return caller.ask({ method: 'POST', path: '/connect/token', headers, body: 'grant_type=client_credentials' });
}

/** The JSON in a text, `{}` when there is none. */
// biome-ignore lint/suspicious/noExplicitAny: whatever a server in trouble has answered
export function parse(text: string): any {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

/** @returns milliseconds; what has not ended with a success yet counts until the last answer */
function longestInterruption(entries: readonly Entry[]): number {
  let longest = 0;
  let lastSuccess = Number.NEGATIVE_INFINITY;
  let began: number | undefined;
  for (const { outcome, begin, end } of entries.toSorted((a, b) => a.end - b.end)) {
    // It was in trouble while others still succeeded: the interruption is of those after them.
    if (outcome !== 'acknowledged') began ??= Math.max(begin, lastSuccess);
    if (began !== undefined) longest = Math.max(longest, end - began);
    if (outcome !== 'acknowledged') continue;
    lastSuccess = end;
    began = undefined;
  }
  return longest;
}

function inputOf(clientId: string, deed: Deed): object | undefined {
  if (deed.kind === 'createClient') return { clientId, name: deed.name, accessTokenLifetime: deed.lifetime };
  return deed.kind === 'updateClient' ? { accessTokenLifetime: deed.lifetime } : undefined;
}

function queryOf({ kind }: Deed): string {
  switch (kind) {
    case 'createClient':
      return 'mutation ($input: CreateClientInput!) { createClient(input: $input) { clientSecret } }';
    case 'updateClient':
      return 'mutation ($clientId: String!, $input: UpdateClientInput!) { updateClient(clientId: $clientId, input: $input) { id } }';
    case 'rotateClientSecret':
      return 'mutation ($clientId: String!, $overlapSeconds: Int!) { rotateClientSecret(clientId: $clientId, overlapSeconds: $overlapSeconds) { clientSecret } }';
    case 'revokeClientSecret':
      return 'mutation ($clientId: String!, $secretId: ID!) { revokeClientSecret(clientId: $clientId, secretId: $secretId) { id } }';
    case 'deleteClient':
      return 'mutation ($clientId: String!) { deleteClient(clientId: $clientId) { clientId } }';
  }
}
