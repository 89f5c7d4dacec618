import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { UnreadAnswers } from '../src/http/answer-size.js';
import { createTenant, getToken, graphql, startApp, type TestApp, type TestTenant } from './support/app.js';

const CREATE = 'mutation ($input: CreateClientInput!) { createClient(input: $input) { client { id } } }';
const MOST_CHARACTERS = 3_000_000;
const CLIENTS = 80;
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

it('what nobody takes is counted by whom it is for, until a connection has it or is closed', async () => {
  const unread = new UnreadAnswers();
  const [socket, other] = [new Socket(), new Socket()];
  const responses = Array.from({ length: 11 }, () => new ServerResponse(new IncomingMessage(socket)));
  for (const response of responses) unread.add('one', 2_800_000, { socket, response });
  const isRefused = (party: string) => {
    try {
      unread.requireRoom(party, 2_800_000);
      return false;
    } catch (error) {
      expect(error).toMatchObject({ code: 'TENANT_LIMIT', details: { limit: 'ANSWERS', retryAfterSeconds: 1 } });
      return true;
    }
  };
  expect([isRefused('one'), isRefused('two')]).toEqual([true, false]);
  responses[0]?.emit('close');
  expect(isRefused('one')).toBe(false);
  unread.add('one', 2_800_000, { socket: other, response: new ServerResponse(new IncomingMessage(other)) });
  expect(isRefused('one')).toBe(true);
  socket.destroy();
  await once(socket, 'close');
  expect(isRefused('one')).toBe(false);
});
