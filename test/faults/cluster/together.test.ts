import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import type { GaleraNode } from '../../../testbed/galera-node.js';
import { MysqlProxy } from '../../../testbed/mysql-proxy.js';
import { until } from '../../../testbed/process.js';
import type { Caller } from '../support/caller.js';
import type { Deed } from '../support/client-state.js';
import { compare } from '../support/comparison.js';
import { askForToken, Ledger, type Pair, parse } from '../support/ledger.js';
import { makeSteadyClients } from '../support/load.js';
import { itWithCluster, report, useCluster } from './trouble.js';

const MIGRATIONS = readdirSync(join(import.meta.dirname, '../../../src/installation/migrations')).filter((file) => /^\d/.test(file));
const MIGRATED_TIMES = 3;
const ROTATIONS = 10;
const ROTATE_EVERY_MS = 2_000;
const TAKERS = 6;
const LIFE: Deed[] = [
  { kind: 'createClient', name: 'Late', lifetime: 60 },
  { kind: 'updateClient', lifetime: 120 },
  { kind: 'rotateClientSecret', overlapSeconds: 0 },
  { kind: 'deleteClient' },
];

const cluster = useCluster();

itWithCluster('two servers on two nodes migrate one empty database at once, and both serve', async () => {
  for (let time = 0; time < MIGRATED_TIMES; time += 1) {
    const database = `latchkey_${time}`;
    const nodes = cluster().nodes.slice(time % 2, (time % 2) + 2) as [GaleraNode, GaleraNode];
    await nodes[0].query(`CREATE DATABASE ${database}`);
    const started = await Promise.all(
      nodes.map(({ port }) => cluster().startServerOn(cluster().databaseUrlAt(port, database), { LOG_LEVEL: 'info' })),
    );
    await Promise.all(started.map((server) => server.ready()));
    for (const { url } of started) {
      const caller = new Ledger({ issuer: cluster().url, urls: [url], admin: cluster().admin }).caller();
      expect((await askForToken(caller, cluster().admin)).status).toBe(200);
      caller.close();
    }
    const counts = ['migrations', 'tenants', 'clients', 'signing_keys'].map(async (table) => {
      const [row] = await nodes[1].query(`SELECT count(*) AS rows_ FROM ${database}.${table}`);
      return row?.rows_;
    });
    expect(await Promise.all(counts)).toEqual([MIGRATIONS.length, 1, 1, 2]);
    for (const server of started) expect(await server.stop()).toBe(0);
  }
});

/** Takes a token at one server and verifies it with the keys that the other publishes then. @returns the key's id */
async function verifyOne(ledger: Ledger, [here, there]: [Caller, Caller], pair: Pair): Promise<string> {
  const { token = '', text } = await ledger.takeToken(here, pair);
  if (token === '') throw new Error(text);
  const keys = createLocalJWKSet(parse((await there.ask({ path: '/.well-known/jwks.json' })).text));
  await jwtVerify(token, keys, { issuer: ledger.issuer, typ: 'at+jwt' });
  return decodeProtectedHeader(token).kid as string;
}

itWithCluster('every token verifies while the signing key is rotated every two seconds', async () => {
  const ledger = new Ledger({ issuer: cluster().url, urls: cluster().servers.map(({ url }) => url), admin: cluster().admin });
  const pairs = await makeSteadyClients(ledger);
  const kids = new Set<string>();
  let [verified, isOver] = [0, false];
  const work = async (_: unknown, index: number) => {
    const callers: [Caller, Caller] = [ledger.caller({ start: index }), ledger.caller({ start: index + 1 })];
    for (; !isOver; verified += 1) kids.add(await verifyOne(ledger, callers, pairs[index % pairs.length] as Pair));
    for (const caller of callers) caller.close();
  };
  const takers = Promise.allSettled(Array.from({ length: TAKERS }, work));
  const caller = ledger.caller();
  for (let turn = 0; turn < ROTATIONS; turn += 1) {
    await sleep(ROTATE_EVERY_MS);
    // As if ten minutes had passed: nobody here keeps an older JWKS.
    await cluster().nodes[turn % 3]?.query('UPDATE latchkey.signing_keys SET usable_from = created_at - INTERVAL 1 HOUR');
    const { text } = await ledger.graphql(caller, 'mutation { rotateSigningKey { kid } }');
    expect(parse(text).errors).toBeUndefined();
  }
  // Those who are at a token of the key before take another one.
  await Promise.race([takers, until(() => kids.size > ROTATIONS)]);
  isOver = true;
  const outcomes = await takers;
  caller.close();
  report(`signing key rotated ${ROTATIONS} times: ${verified} tokens verified, of ${kids.size} keys, 0 failed`);
  expect(outcomes.filter(({ status }) => status === 'rejected')).toEqual([]);
  expect(kids.size).toBe(ROTATIONS + 1);
});

/** Whoever writes on one node whose COMMIT arrives there only once the other node was asked for it, and knew nothing. */
interface LateWriter {
  ledger: Ledger;
  caller: Caller;
  commitLate<T>(write: () => Promise<T>): Promise<T>;
}

async function withLateWriter(use: (writer: LateWriter) => Promise<void>): Promise<void> {
  const [here, there] = cluster().nodes as [GaleraNode, GaleraNode];
  const proxy = await new MysqlProxy(here.port).open();
  const server = await cluster().startServerOn(cluster().databaseUrlAt(proxy.port));
  const ledger = new Ledger({ issuer: cluster().url, urls: [server.url], admin: cluster().admin });
  const caller = ledger.caller();
  const count = async () => (await there.query('SELECT count(*) AS entries FROM latchkey.audit_events'))[0]?.entries;
  const commitLate = async <T>(write: () => Promise<T>): Promise<T> => {
    proxy.serverPort = here.port;
    const committing = proxy.holdNextCommit();
    const written = write();
    const letArrive = await committing;
    proxy.serverPort = there.port;
    const tellThatThereIsNone = await proxy.holdNextAnswer('FOR UPDATE');
    const before = await count();
    letArrive();
    await until(async () => (await count()) > before);
    tellThatThereIsNone();
    return written.finally(() => proxy.cut());
  };
  try {
    await server.ready();
    await use({ ledger, caller, commitLate });
  } finally {
    caller.close();
    await server.stop();
    proxy.close();
  }
}

itWithCluster('what one node commits after another was asked whether it has is done once, and answered as done', () =>
  withLateWriter(async ({ ledger, caller, commitLate }) => {
    const clientId = ledger.newClientId();
    for (const deed of LIFE) {
      const { outcome } = await commitLate(() => ledger.write(caller, clientId, deed));
      expect([deed.kind, outcome, await compare(ledger)]).toEqual([deed.kind, 'acknowledged', []]);
    }
  }),
);

itWithCluster('what finds nothing left to do because it is done already is answered as done', () =>
  withLateWriter(async ({ ledger, caller, commitLate }) => {
    const change = async (mutation: string) => parse((await ledger.graphql(caller, `mutation { ${mutation} }`)).text);
    const grants = '[{ value: "a", scopes: ["clients:read"] }]';
    const provider = `name: "A", issuer: "https://login.example", clientId: "a", clientSecret: "secret-of-a", claim: "groups", grants: ${grants}`;
    const set = await change(`setIdentityProvider(input: { ${provider} }) { name }`);
    expect(set.errors).toBeUndefined();
    expect(await commitLate(() => change('removeIdentityProvider'))).toEqual({ data: { removeIdentityProvider: true } });
  }),
);
