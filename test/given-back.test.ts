import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, getToken, graphql, startApp, type TestApp } from '../testbed/app.js';

/** More than there are places. */
const MANY = 24;
const PADDING = `#${'x'.repeat(7_000)}\n`;
/** Takes a while, and much memory. */
const SLOW = `${PADDING}{ ${['a', 'b', 'c'].map((name) => `${name}: clients(first: 50) { nodes { clientId name scopes } }`).join(' ')} }`;

let app: TestApp;
let reader: string;
beforeAll(async () => {
  app = await startApp();
  for (let number = 0; number < 50; number += 1) await createClient(app, { clientId: `client-${number}`, scopes: ['clients:read'] });
  reader = await getToken(app, await createClient(app, { clientId: 'reader', scopes: ['clients:read'] }));
});
afterAll(() => app.stop());

interface Asked {
  query?: string;
  variables?: object;
  method?: string;
  accept?: string;
  /** When its sender has gone. */
  afterMs?: number;
}

async function send({ query = '{ viewer { clientId } }', variables, method = 'POST', accept = '*/*', afterMs }: Asked): Promise<void> {
  const json = { query: PADDING + query, variables };
  const isPost = method === 'POST';
  const url = `${app.url}/graphql${isPost ? '' : `?query=${encodeURIComponent(query)}`}`;
  const headers = { authorization: `Bearer ${reader}`, accept, ...(isPost ? { 'content-type': 'application/json' } : {}) };
  const signal = afterMs === undefined ? null : AbortSignal.timeout(afterMs);
  const answer = await fetch(url, { method, headers, signal, body: isPost ? JSON.stringify(json) : null }).catch(() => undefined);
  await answer?.text().catch(() => undefined);
}

it.each<[string, Asked]>([
  ['it is answered', {}],
  [
    'its answer needs a right',
    { query: 'mutation { createTenant(input: { name: "x", host: "x.localhost" }) { tenant { id name host } } }' },
  ],
  ['its change needs a right', { query: 'mutation { deleteClient(clientId: "x") { clientId } }' }],
  ['an argument of its answer is wrong', { query: 'mutation { updateClient(clientId: "x", input: {}) { usage(hours: 0) { from } } }' }],
  ['it asks for what there is not', { query: '{ nothing }' }],
  ['it is no document', { query: '{' }],
  ['it names no operation', { query: 'query A { __typename } query B { __typename }' }],
  ['a value is wrong', { query: 'query ($first: Int!) { clients(first: $first) { totalCount } }', variables: { first: 'x' } }],
  ['a value is missing', { query: 'query ($first: Int!) { clients(first: $first) { totalCount } }' }],
  ['it has too many values', { variables: { x: Array(20_000).fill([]) } }],
  ['it costs too much', { query: `{ ${'viewer { clientId } '.repeat(400)} }` }],
  ['it is a GET', { method: 'GET' }],
  ['it is a HEAD', { method: 'HEAD' }],
  ['it is a GET that changes something', { method: 'GET', query: 'mutation { deleteClient(clientId: "x") { clientId } }' }],
  ['nothing is accepted', { accept: 'image/png' }],
  ['its sender has gone at once', { afterMs: 1 }],
  ['its sender has gone soon', { afterMs: 30 }],
  ['its sender has gone later', { afterMs: 120, query: SLOW }],
])('what a request holds goes back when %s', async (_how, asked) => {
  const crowd = Array.from({ length: 2 * MANY }, () => graphql(app, { token: reader, query: SLOW }));
  await sleep(60);
  await Promise.all([...crowd, ...Array.from({ length: MANY }, () => send(asked))]);
  for (const query of ['{ viewer { clientId } }', `${PADDING}{ viewer { clientId } }`]) {
    for (const token of [app.admin, undefined]) {
      const asks = token ? { token: await getToken(app, token), query } : { query: query.replace('viewer { clientId }', '__typename') };
      const answers = await Promise.all(Array.from({ length: 10 }, () => graphql(app, asks)));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    }
  }
});

it('a small change goes past large questions, as many as wait', async () => {
  const { audit } = app.installation;
  const { list } = audit;
  const token = await getToken(app, app.admin);
  const gate = Promise.withResolvers<void>();
  audit.list = async (...asked) => gate.promise.then(() => list.apply(audit, asked));
  const query = `${PADDING}{ auditEvents(first: 1) { nodes { id } } }`;
  const crowd = Array.from({ length: 2 * MANY }, () => graphql(app, { token, query }));
  await sleep(200);
  const change = await graphql(app, {
    token,
    query: 'mutation { updateClient(clientId: "reader", input: { enabled: false }) { enabled } }',
  });
  gate.resolve();
  expect(change.body).toEqual({ data: { updateClient: { enabled: false } } });
  for (const { body } of await Promise.all(crowd)) expect(body.errors).toBeUndefined();
  audit.list = list;
});
