import { generateKeyPairSync } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTenant, getToken, graphql, requestToken, startApp, type TestApp, type TestTenant } from './support/app.js';
import { until } from './support/process.js';

const CREATE = 'mutation ($input: CreateClientInput!) { createClient(input: $input) { client { id } } }';
const MOST_CHARACTERS = 3_000_000;
const CLIENTS = 80;
/** Of so many an answer is nearly as large as one may be. */
const LARGE = 70;
/** Far more connections than it takes; of more the rest would wait for the database. */
const MOST_DEAF = 24;
/** Of one client as large as one can be. */
const FIELDS = 'fragment F on Client { jwks scopes audiences name clientId }';
const listOf = (first: number, more = '') => `{ clients(first: ${first}) { nodes { ...F } ${more} } } ${FIELDS}`;

let app: TestApp;
let large: TestTenant;
let token: string;

beforeAll(async () => {
  app = await startApp();
  large = await createTenant(app, 'large');
  token = await getToken(large, large.admin);
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = { ...publicKey.export({ format: 'jwk' }), kid: 'a', x5c: ['!'.repeat(8_000), '!'.repeat(7_900)] };
  const long = (what: string) => (_: unknown, number: number) => `${what}${number}:`.padEnd(200, 'x');
  for (let number = 0; number < CLIENTS; number += 1) {
    const input = { name: `Client ${number}`, clientId: `client-${number}`, authMethod: 'PRIVATE_KEY_JWT', jwks: { keys: [key] } };
    const rights = { scopes: Array.from({ length: 100 }, long('s')), audiences: Array.from({ length: 20 }, long('https://a/')) };
    const { body, text } = await large.administer(CREATE, { input: { ...input, ...rights } });
    if (!body.data) throw new Error(text);
  }
});
afterAll(() => app.stop());

const ask = (query: string) => graphql(large, { token, query });

it('has room for a page of what people keep, and for no more than memory has for many', async () => {
  const some = await ask(listOf(60));
  expect([some.status, some.body.errors]).toEqual([200, undefined]);
  expect(some.text.length).toBeGreaterThan(MOST_CHARACTERS / 2);
  const all = await ask(listOf(CLIENTS));
  expect([all.status, all.body.data, all.body.errors]).toEqual([
    400,
    undefined,
    [{ message: expect.stringContaining('The answer is too large'), extensions: { code: 'OPERATION_TOO_LARGE' } }],
  ]);
});

const again = Array.from({ length: 5 }, (_, number) => `x${number}: nodes { ...F }`).join(' ');

it.each([
  ['the same rows under several names', listOf(CLIENTS, `edges { node { ...F } } ${again}`)],
  ['long names for short values', `{ clients(first: ${CLIENTS}) { nodes { ${'n'.repeat(101)}: version } } }`],
  [
    'long names for the names of types',
    `{ clients(first: ${CLIENTS}) { nodes { ...T } } } fragment T on Client { ${'n'.repeat(101)}: __typename }`,
  ],
  [
    'several lists',
    `{ a: clients(first: ${CLIENTS}) { nodes { ...F } ${again} } b: clients(first: ${CLIENTS}) { nodes { ...F } ${again} } } ${FIELDS}`,
  ],
])('is bounded with %s', async (_, query) => {
  const refused = await ask(query);
  expect(refused.body).toEqual({ errors: [{ message: expect.any(String), extensions: { code: 'OPERATION_TOO_LARGE' } }] });
});

/** Asks for an answer, and takes nothing of it. */
function askDeaf(): Socket {
  const content = JSON.stringify({ query: listOf(LARGE) });
  const head = [
    'POST /graphql HTTP/1.1',
    `Host: ${new URL(large.url).host}`,
    `Authorization: Bearer ${token}`,
    'Content-Type: application/json',
    `Content-Length: ${content.length}`,
  ];
  const socket = connect(app.port, '127.0.0.1').pause();
  socket.on('error', () => {});
  // Several over each connection: what stands behind another answer counts as well.
  socket.write(`${head.join('\r\n')}\r\n\r\n${content}`.repeat(8));
  return socket;
}

it('is refused while too much was asked for and not taken, to that tenant alone, until the connections are closed', async () => {
  const sockets: Socket[] = [];
  // The system takes some megabytes of each connection, and makes room by that.
  const refusal = await untilAnswer(429, () => sockets.push(askDeaf()));
  expect(refusal.headers.get('retry-after')).toBe('1');
  expect(refusal.body.errors[0].extensions).toEqual({ code: 'TENANT_LIMIT', limit: 'ANSWERS', retryAfterSeconds: 1 });
  expect((await app.administer('{ viewer { clientId } clients { totalCount } }')).status).toBe(200);
  expect((await requestToken(large, large.admin)).status).toBe(200);
  const made = await large.administer('mutation { updateClient(clientId: "client-1", input: { enabled: false }) { enabled } }');
  expect(made.body.data).toEqual({ updateClient: { enabled: false } });
  for (const socket of sockets) socket.destroy();
  await untilAnswer(200, () => sleep(50));
});

async function untilAnswer(status: number, meanwhile: () => unknown) {
  const told: number[] = [];
  let answer = await ask(listOf(LARGE));
  await until(
    async () => {
      if (told.length < MOST_DEAF) await meanwhile();
      answer = await ask(listOf(LARGE));
      told.push(answer.status);
      return answer.status === status;
    },
    () => told.join(' '),
  );
  return answer;
}
