import { setTimeout as sleep } from 'node:timers/promises';
import type { Caller } from './caller.ts';
import type { Deed } from './client-state.ts';
import { type Ledger, type Pair, parse, type Write } from './ledger.ts';

const STEADY_CLIENTS = 4;
/** Where nobody listens, asking at once again tells nothing new. */
const AFTER_FAILURE_MS = 20;
const LONGEST_LIFETIME = 600;

/** What happens to a client, one after the other. */
export type Story = (number: number) => Deed['kind'][];

/** Every kind of write; every other client is deleted in the end, and of every other the secret before a rotation is revoked. */
export const WHOLE_LIFE: Story = (number) => [
  'createClient',
  'updateClient',
  'rotateClientSecret',
  ...(number % 4 > 1 ? (['revokeClientSecret'] as const) : []),
  ...(number % 2 ? (['deleteClient'] as const) : []),
];

/** What is asked of the servers, until it is done or stopped. */
export interface LoadPlan {
  /** How many write at once. */
  writers?: number;
  /** How many take tokens at once, for clients that nobody changes. */
  takers?: number;
  /** How many of the takers open a connection for each request. */
  brief?: number;
  story?: Story;
  /** How many clients are written of; without it until the load is stopped. */
  clients?: number;
  patienceMs?: number;
}

/** Requests that go on. */
export interface Load {
  /** Fulfilled when all clients are written of; the takers go on until then, or until they are stopped. */
  done: Promise<void>;
  /** Lets everybody end after the answer that they wait for. */
  stop(): Promise<void>;
}

/** Makes clients that tokens are taken for. @throws when one cannot be made */
export async function makeSteadyClients(ledger: Ledger, count = STEADY_CLIENTS): Promise<Pair[]> {
  const caller = ledger.caller();
  const pairs: Pair[] = [];
  for (let number = 0; number < count; number += 1) {
    const clientId = ledger.newClientId();
    const { outcome, secret, text, code } = await ledger.write(caller, clientId, { kind: 'createClient', name: 'Steady', lifetime: 3600 });
    if (outcome !== 'acknowledged') throw new Error(`no client: ${code} ${text}`);
    pairs.push({ clientId, secret: secret as string });
  }
  caller.close();
  return pairs;
}

/** Lets some write and others take tokens, each over a connection of their own. */
export async function startLoad(ledger: Ledger, plan: LoadPlan = {}): Promise<Load> {
  const { writers = 4, takers = 4, brief = 0, patienceMs } = plan;
  const steady = takers > 0 ? await makeSteadyClients(ledger) : [];
  const stopping = new AbortController();
  const { signal } = stopping;
  const queue = { left: plan.clients ?? Number.POSITIVE_INFINITY, number: 0 };
  const callerOf = (index: number) => ledger.caller({ start: index, patienceMs, keepsOpen: index < writers + takers - brief });
  const callers = Array.from({ length: writers + takers }, (_, index) => callerOf(index));
  const writing = Promise.all(
    callers.slice(0, writers).map(async (caller) => {
      while (!signal.aborted && queue.left > 0) {
        queue.left -= 1;
        const isHeard = await live(ledger, caller, (plan.story ?? WHOLE_LIFE)(queue.number++));
        if (!isHeard) queue.left += 1;
      }
    }),
  );
  const done = writing.then(() => undefined);
  const taking = Promise.all(callers.slice(writers).map((caller, index) => takeTokens(ledger, caller, { steady, index, signal })));
  return {
    done,
    stop: async () => {
      stopping.abort();
      await Promise.all([writing, taking]);
      for (const caller of callers) caller.close();
    },
  };
}

/**
 * Writes of one client until its story ends, or a write was not acknowledged: then nobody can tell what the next would meet.
 * @returns whether anybody listened
 */
async function live(ledger: Ledger, caller: Caller, story: Deed['kind'][]): Promise<boolean> {
  const clientId = ledger.newClientId();
  for (const [index, kind] of story.entries()) {
    const write = await writeOne(ledger, caller, clientId, kind, story[index + 1]);
    if (write?.outcome === 'acknowledged') continue;
    await sleep(AFTER_FAILURE_MS);
    return write?.code !== 'ECONNREFUSED' || kind !== 'createClient';
  }
  return true;
}

/** @param next what the story goes on with: where it ends with a rotation, the secret before ends at once */
async function writeOne(
  ledger: Ledger,
  caller: Caller,
  clientId: string,
  kind: Deed['kind'],
  next?: Deed['kind'],
): Promise<Write | undefined> {
  const lifetime = 60 + (ledger.writes.length % LONGEST_LIFETIME);
  switch (kind) {
    case 'createClient':
      return ledger.write(caller, clientId, { kind, name: `Named ${clientId}`, lifetime });
    case 'updateClient':
      return ledger.write(caller, clientId, { kind, lifetime: lifetime + LONGEST_LIFETIME });
    case 'rotateClientSecret':
      return ledger.write(caller, clientId, { kind, overlapSeconds: next ? 86_400 : 0 });
    case 'revokeClientSecret':
      return revokeOldest(ledger, caller, clientId);
    case 'deleteClient':
      return ledger.write(caller, clientId, { kind });
  }
}

/** @returns undefined when nobody said which secrets there are, or the oldest has ended already */
async function revokeOldest(ledger: Ledger, caller: Caller, clientId: string): Promise<Write | undefined> {
  const query = 'query ($clientId: String!) { client(clientId: $clientId) { secrets { id expiresAt } } }';
  const { text } = await ledger.graphql(caller, query, { clientId });
  const oldest = parse(text).data?.client?.secrets.at(-1);
  if (!oldest || (oldest.expiresAt && new Date(oldest.expiresAt).getTime() < Date.now() + ledger.clockAheadMs)) return undefined;
  return ledger.write(caller, clientId, { kind: 'revokeClientSecret', secret: 0 }, oldest.id);
}

async function takeTokens(
  ledger: Ledger,
  caller: Caller,
  { steady, index, signal }: { steady: Pair[]; index: number; signal: AbortSignal },
): Promise<void> {
  for (let turn = index; !signal.aborted; turn += 1) {
    const { outcome } = await ledger.takeToken(caller, steady[turn % steady.length] as Pair);
    if (outcome !== 'acknowledged') await sleep(AFTER_FAILURE_MS);
  }
}
