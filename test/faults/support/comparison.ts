import { setTimeout as sleep } from 'node:timers/promises';
import { hintOf, type PlainSecret } from '../../../src/clients/secret.js';
import type { Caller } from './caller.ts';
import type { ClientState, SecretState } from './client-state.ts';
import { askForToken, type Ledger, parse } from './ledger.ts';
import { checkTokens, type Finding } from './token-check.ts';

const PAGE = 100;
const AT_ONCE = 8;
const RETRIES = 20;
const AFTER_FAILURE_MS = 100;

type Seen = ClientState & { hints: string[] };

/**
 * Holds what the servers have against what they have answered: each client as it was acknowledged, whole or not at all
 * when nobody knows, with its entries of the record; its secrets; and every token.
 * They have to run with FAILURE_LIMIT=0, for secrets that ended are tried as well.
 */
export async function compare(ledger: Ledger, urls: readonly string[] = ledger.urls): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [index, url] of urls.entries()) {
    const caller = ledger.caller({ start: ledger.urls.indexOf(url) });
    const certain = await compareClients(ledger, caller, url, findings);
    if (index === 0) await inParallel(ledger, certain, (one, secret) => trySecret(one, url, secret, findings));
    caller.close();
  }
  return [...findings, ...(await checkTokens(ledger))];
}

type Secret = { clientId: string; text: string; isLive: boolean };

/** @returns the secrets of which it is certain whether they work */
async function compareClients(ledger: Ledger, caller: Caller, url: string, findings: Finding[]): Promise<Secret[]> {
  const seen = await readAll(ledger, caller);
  const secrets: Secret[] = [];
  const states = ledger.states();
  for (const [clientId, possible] of states) {
    const found = seen.get(clientId) ?? { client: null, actions: [], hints: [] };
    const state = possible.find((one) => isSame(one, found));
    if (state) secrets.push(...secretsOf(clientId, state));
    else findings.push({ what: 'a client is not as acknowledged', clientId, url, expected: possible, found });
  }
  for (const clientId of seen.keys())
    if (!states.has(clientId)) findings.push({ what: 'a client that nobody wrote of', clientId, url, found: seen.get(clientId) });
  return secrets;
}

function secretsOf(clientId: string, { client }: ClientState): Secret[] {
  return (client?.secrets ?? []).flatMap(({ text, ends }) => (text ? [{ clientId, text, isLive: ends !== 'past' }] : []));
}

function isSame(expected: ClientState, { client, actions, hints }: Seen): boolean {
  const bare = (state: ClientState) =>
    JSON.stringify([state.client && { ...state.client, secrets: endsOf(state) }, state.actions.toSorted()]);
  const areHinted = (expected.client?.secrets ?? []).every(({ text }, index) => !text || hintOf(text as PlainSecret) === hints[index]);
  return bare(expected) === bare({ client, actions }) && areHinted;
}

const endsOf = ({ client }: ClientState) => client?.secrets.map(({ ends }) => ends);

async function trySecret(caller: Caller, url: string, { clientId, text, isLive }: Secret, findings: Finding[]): Promise<void> {
  const { status } = await askForToken(caller, { clientId, secret: text });
  const expected = isLive ? 200 : 401;
  if (status !== expected) findings.push({ what: 'a secret', clientId, url, expected, found: status });
}

async function readAll(ledger: Ledger, caller: Caller): Promise<Map<string, Seen>> {
  const seen = new Map<string, Seen>();
  const fields = 'clientId name accessTokenLifetime version enabled secrets { hint expiresAt }';
  // biome-ignore lint/suspicious/noExplicitAny: as the API has it
  const clients: any[] = await readPages(ledger, caller, { list: 'clients', fields });
  const now = Date.now() + ledger.clockAheadMs;
  for (const { clientId, accessTokenLifetime: lifetime, name, version, enabled, secrets } of clients) {
    if (!clientId.startsWith(ledger.prefix)) continue;
    const oldestFirst = secrets.toReversed() as { hint: string; expiresAt: string | null }[];
    const client = { name, lifetime, version, enabled, secrets: oldestFirst.map(({ expiresAt }) => endOf(expiresAt, now)) };
    seen.set(clientId, { client, actions: [], hints: oldestFirst.map(({ hint }) => hint) });
  }
  const events = await readPages(ledger, caller, { list: 'auditEvents', fields: 'action objectId' });
  for (const { action, objectId } of events.toReversed()) {
    if (!objectId.startsWith(ledger.prefix)) continue;
    const one: Seen = seen.get(objectId) ?? { client: null, actions: [], hints: [] };
    one.actions.push(action);
    seen.set(objectId, one);
  }
  return seen;
}

function endOf(expiresAt: string | null, now: number): SecretState {
  return { ends: expiresAt === null ? 'never' : new Date(expiresAt).getTime() > now ? 'later' : 'past' };
}

// biome-ignore lint/suspicious/noExplicitAny: as the API has it
async function readPages(ledger: Ledger, caller: Caller, { list, fields }: { list: string; fields: string }): Promise<any[]> {
  const query = `query ($after: String) { ${list}(first: ${PAGE}, after: $after) { nodes { ${fields} } pageInfo { hasNextPage endCursor } } }`;
  const nodes = [];
  let after: string | null = null;
  for (let failures = 0; ; ) {
    const { text, error } = await ledger.graphql(caller, query, { after });
    const page = parse(text).data?.[list];
    if (!page) {
      failures += 1;
      if (failures > RETRIES) throw new Error(`the servers cannot be compared: ${error} ${text}`);
      await sleep(AFTER_FAILURE_MS);
      continue;
    }
    nodes.push(...page.nodes);
    if (!page.pageInfo.hasNextPage) return nodes;
    after = page.pageInfo.endCursor;
  }
}

async function inParallel<T>(ledger: Ledger, items: T[], work: (caller: Caller, item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const run = async (_: unknown, index: number) => {
    const caller = ledger.caller({ start: index });
    for (let item = left.pop(); item !== undefined; item = left.pop()) await work(caller, item);
    caller.close();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, run));
}
