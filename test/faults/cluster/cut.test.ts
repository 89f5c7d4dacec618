import type { GaleraNode } from '../../../testbed/galera-node.js';
import { type TestProcess, until } from '../../../testbed/process.js';
import { askForToken, Ledger, type Pair, parse } from '../support/ledger.js';
import { itWithCluster, report, useCluster } from './trouble.js';

const TAKERS = 6;
const ROUNDS = 5;
/** Tokens before the cut, and refusals of each server after it. */
const ENOUGH = 12;
const PATIENCE_MS = 8_000;
/** Whoever is refused without a wait. */
const AT_ONCE_MS = 1_000;

const ENDS: [string, string][] = [
  ['deleteClient', 'mutation ($clientId: String!) { deleteClient(clientId: $clientId) { clientId } }'],
  ['a disabling updateClient', 'mutation ($clientId: String!) { updateClient(clientId: $clientId, input: { enabled: false }) { id } }'],
  [
    "a secret's revocation",
    'mutation ($clientId: String!, $secretId: ID!) { revokeClientSecret(clientId: $clientId, secretId: $secretId) { id } }',
  ],
];

const cluster = useCluster();
/** Each on a node of its own, past HAProxy. */
const apart: TestProcess[] = [];
const ledgerOf = (urls: string[]) => new Ledger({ issuer: cluster().url, urls, admin: cluster().admin });

beforeAll(async () => {
  if (!cluster()) return;
  for (const { port } of cluster().nodes.slice(0, 2)) apart.push(await cluster().startServerOn(cluster().databaseUrlAt(port)));
  await Promise.all(apart.map((server) => server.ready()));
});
afterAll(() => Promise.all(apart.map((server) => server.stop('SIGKILL'))));

/** A client with two secrets. @returns the older one, and its id */
async function makeClient(ledger: Ledger): Promise<{ pair: Pair; secretId: string }> {
  const caller = ledger.caller();
  const clientId = ledger.newClientId();
  const { secret, text } = await ledger.write(caller, clientId, { kind: 'createClient', name: 'Cut', lifetime: 60 });
  if (!secret) throw new Error(text);
  const query = 'mutation ($clientId: String!) { rotateClientSecret(clientId: $clientId) { client { secrets { id } } } }';
  const { data } = parse((await ledger.graphql(caller, query, { clientId })).text);
  caller.close();
  return { pair: { clientId, secret }, secretId: data.rotateClientSecret.client.secrets.at(-1).id };
}

/** Cuts a client while everybody takes tokens for it. @returns how many began after the answer, and were issued or refused */
async function cutUnderLoad(ledger: Ledger, mutation: string, at: number): Promise<{ issued: number; refused: number }> {
  const { pair, secretId } = await makeClient(ledger);
  let isOver = false;
  const take = async (_: unknown, index: number) => {
    const caller = ledger.caller({ start: index });
    while (!isOver) await ledger.takeToken(caller, pair);
    caller.close();
  };
  const takers = Promise.all(Array.from({ length: TAKERS }, take));
  const own = () => ledger.tokens.filter(({ clientId }) => clientId === pair.clientId);
  await until(() => own().filter(({ token }) => token).length >= ENOUGH);
  const caller = ledger.caller({ start: at });
  const reply = await ledger.graphql(caller, mutation, { clientId: pair.clientId, secretId });
  const answeredAt = performance.now();
  expect([reply.status, parse(reply.text).errors]).toEqual([200, undefined]);
  const later = () => own().filter(({ begin }) => begin > answeredAt);
  await until(() => ledger.urls.every((url) => later().filter((entry) => entry.url === url && entry.status === 401).length >= ENOUGH));
  isOver = true;
  await takers;
  caller.close();
  return { issued: later().filter(({ token }) => token).length, refused: later().filter(({ status }) => status === 401).length };
}

describe.each(ENDS)('promise 4, %s:', (what, mutation) => {
  const rounds = async (ledger: Ledger, where: string) => {
    let [issued, refused] = [0, 0];
    for (let round = 0; round < ROUNDS; round += 1) {
      const late = await cutUnderLoad(ledger, mutation, round);
      issued += late.issued;
      refused += late.refused;
    }
    report(`${what}, ${where}: ${issued} tokens issued and ${refused} refused that were asked for after the answer`);
    expect(issued).toBe(0);
  };

  itWithCluster('no token that was asked for after the answer is issued by servers behind HAProxy', async () => {
    await rounds(ledgerOf(cluster().servers.map(({ url }) => url)), 'two servers on one node');
  });

  itWithCluster('nor by servers on two nodes', async () => {
    await rounds(ledgerOf(apart.map(({ url }) => url)), 'two servers on two nodes');
  });
});

itWithCluster('a node that lags behind keeps whoever asks waiting, rather than tell what was true before', async () => {
  const ledger = ledgerOf(apart.map(({ url }) => url));
  const { pair } = await makeClient(ledger);
  const lagging = cluster().nodes[1] as GaleraNode;
  const lock = await lagging.connect();
  // What others commit is not applied as long as this is held.
  await lock.query('FLUSH TABLES WITH READ LOCK');
  const [here, there] = [ledger.caller(), ledger.caller({ start: 1, patienceMs: PATIENCE_MS })];
  const disabled = await ledger.graphql(here, (ENDS[1] as [string, string])[1], { clientId: pair.clientId });
  expect(parse(disabled.text).errors).toBeUndefined();
  await lock.query('SET SESSION wsrep_sync_wait = 0');
  const [rows] = await lock.query('SELECT enabled FROM latchkey.clients WHERE client_id = ?', [pair.clientId]);
  expect(rows).toEqual([{ enabled: 1 }]);
  const asked = await askForToken(there, pair);
  expect(asked.status).not.toBe(200);
  await lock.query('UNLOCK TABLES');
  lock.destroy();
  await until(async () => (await askForToken(there, pair)).status === 401);
  for (const caller of [here, there]) caller.close();
  await cluster().whole();
});

itWithCluster('a node that takes connections and refuses all that is asked is away, until it answers again', async () => {
  const ledger = ledgerOf([(apart[1] as TestProcess).url]);
  const caller = ledger.caller();
  const refusing = cluster().nodes[1] as GaleraNode;
  await refusing.query('SET GLOBAL wsrep_reject_queries = ALL');
  try {
    await until(async () => (await askForToken(caller, cluster().admin)).status === 503);
    const began = performance.now();
    expect((await askForToken(caller, cluster().admin)).status).toBe(503);
    expect(performance.now() - began).toBeLessThan(AT_ONCE_MS);
  } finally {
    await refusing.query('SET GLOBAL wsrep_reject_queries = NONE');
  }
  await until(async () => (await askForToken(caller, cluster().admin)).status === 200);
  caller.close();
});
