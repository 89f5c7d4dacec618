import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { type GraphQLOutputType, getNamedType, isObjectType, type OperationDefinitionNode, parse } from 'graphql';
import { AnswerWeight } from '../src/server/graphql/answer-weight.js';
import { createSchema } from '../src/server/graphql/operations.js';
import { UnreadAnswers } from '../src/server/graphql/unread-answers.js';
import { createTenant, getToken, graphql, postForm, startApp, type TestApp, type TestTenant } from '../testbed/app.js';
import { until } from '../testbed/process.js';

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
  const keys = Array.from({ length: 10 }, (_, number) => {
    const modulus = Buffer.concat([Buffer.of(0x80), randomBytes(1022), Buffer.of(1)]).toString('base64url');
    return { kty: 'RSA', n: modulus, e: 'AQAB', kid: `${number}`.padEnd(190, '!') };
  });
  const long = (what: string) => (_: unknown, number: number) => `${what}${number}:`.padEnd(200, 'x');
  for (let number = 0; number < CLIENTS; number += 1) {
    const input = { name: `Client ${number}`, clientId: `client-${number}`, authMethod: 'PRIVATE_KEY_JWT', jwks: { keys } };
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
  const party = (key: string) => [{ key, most: 32_000_000 }];
  const responses = Array.from({ length: 11 }, () => new ServerResponse(new IncomingMessage(socket)));
  for (const response of responses) unread.add(party('one'), 2_800_000, { socket, response });
  const isRefused = (key: string) => {
    try {
      unread.requireRoom(party(key), 2_800_000);
      return false;
    } catch (error) {
      expect(error).toMatchObject({ code: 'TENANT_LIMIT', details: { limit: 'ANSWERS', retryAfterSeconds: 1 } });
      return true;
    }
  };
  expect([isRefused('one'), isRefused('two')]).toEqual([true, false]);
  responses[0]?.emit('close');
  expect(isRefused('one')).toBe(false);
  const count = unread.add(party('one'), 2_800_000, { socket: other, response: new ServerResponse(new IncomingMessage(other)) });
  expect(isRefused('one')).toBe(true);
  count(1_000_000);
  expect(isRefused('one')).toBe(false);
  count(2_800_000);
  socket.destroy();
  await once(socket, 'close');
  expect(isRefused('one')).toBe(false);
});

describe('a mutation', () => {
  const schema = createSchema();
  const KEYS = ['name', 'scope', 'claim', 'clientId'] as const;
  const long = '"'.repeat(255);

  /** Every field that an answer of a type may have. */
  function everyFieldOf(type: GraphQLOutputType): string {
    const named = getNamedType(type);
    if (!isObjectType(named)) return '';
    const fields = Object.values(named.getFields()).map(({ name, type: inner }) => {
      return `${name === 'usage' ? 'usage(hours: 720)' : name} ${everyFieldOf(inner)}`;
    });
    return `{ __typename ${fields.join(' ')} }`;
  }
  const fieldsOf = (mutation: string) => everyFieldOf(schema.getMutationType()?.getFields()[mutation]?.type as GraphQLOutputType);
  const update = (fields: string, clientId = 'client-1') =>
    `mutation { updateClient(clientId: "${clientId}", input: { accessTokenLifetime: 77 }) ${fields} }`;
  const aliases = (count: number) =>
    `{ ${Array.from({ length: count }, (_, number) => `x${number}: usage(hours: 720) { from issued refused }`).join(' ')} }`;

  it('is not begun when its answer may be too large, and says so', async () => {
    const refused = await ask(update(aliases(15)));
    expect([refused.status, refused.body.errors]).toEqual([
      400,
      [{ message: expect.stringContaining('Nothing was done.'), extensions: { code: 'OPERATION_TOO_LARGE' } }],
    ]);
    const { body } = await ask('{ client(clientId: "client-1") { accessTokenLifetime } }');
    expect(body.data).toEqual({ client: { accessTokenLifetime: 3600 } });
  });

  it('is not begun when too many long answers are under way to the same caller; a short one is', async () => {
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    const holding = app.installation.database.write(async (manager) => {
      await manager.query("UPDATE tenants SET name = 'Held' WHERE host LIKE 'large%'");
      await held;
    });
    const statuses: number[] = [];
    const answers = Array.from({ length: 40 }, async () => {
      const answer = await ask(update(aliases(7)));
      statuses.push(answer.status);
      return answer;
    });
    const short = ask(update('{ version }'));
    await until(() => statuses.length >= 20);
    expect(statuses).toEqual(statuses.map(() => 429));
    expect((await large.administer('{ viewer { tenant { host } } }')).status).toBe(200);
    release();
    await holding;
    // On a slow machine some wait for longer than anybody is asked to.
    const refused = (await Promise.all(answers)).filter(({ status }) => status !== 200 && status !== 503);
    expect(refused.length).toBe(statuses.filter((status) => status === 429).length);
    expect(refused.length).toBeLessThan(answers.length);
    for (const { headers, body } of refused) {
      expect([headers.get('retry-after'), body.data]).toEqual(['1', undefined]);
      expect(body.errors[0].extensions).toEqual({ code: 'TENANT_LIMIT', limit: 'ANSWERS', retryAfterSeconds: 1 });
    }
    expect([200, 503]).toContain((await short).status);
    expect((await ask(update(aliases(7)))).status).toBe(200);
  });

  it('answers with no more than was weighed before', async () => {
    await large.administer(CREATE, { input: { name: long.slice(0, 100), clientId: 'rotated', scopes: ['a'.repeat(200)] } });
    for (let number = 0; number < 25; number += 1) {
      const { body } = await large.administer('mutation { rotateClientSecret(clientId: "rotated") { clientSecret } }');
      const token = body.data.rotateClientSecret.clientSecret;
      await postForm(large, '/connect/leaked', { body: { token, url: `https://found.example/${long}` } });
    }
    const grants = Array.from({ length: 50 }, (_, number) => ({
      value: `${long.slice(2)}${number}`,
      scopes: ['audit:read', 'clients:read'],
    }));
    const texts = Object.fromEntries(KEYS.map((key) => [key, long.slice(0, 100)]));
    const provider = {
      ...texts,
      issuer: `https://idp.example/${'a'.repeat(470)}`,
      clientSecret: 's',
      scope: `openid ${long.slice(7)}`,
      grants,
    };
    const mutations: [query: string, variables?: object][] = [
      [update(fieldsOf('updateClient'))],
      [update(fieldsOf('updateClient'), 'rotated')],
      [
        `mutation ($input: IdentityProviderInput!) { setIdentityProvider(input: $input) ${fieldsOf('setIdentityProvider')} }`,
        { input: provider },
      ],
      [`mutation { rotateSigningKey ${fieldsOf('rotateSigningKey')} }`],
      [`mutation { a: removeIdentityProvider ${'b'.repeat(100)}: __typename }`],
    ];
    for (const [query, variables] of mutations) {
      const { body, text } = await large.administer(query, variables);
      expect(body.errors).toBeUndefined();
      const document = parse(query);
      expect(new AnswerWeight(schema, document).of(document.definitions[0] as OperationDefinitionNode)).toBeGreaterThan(text.length);
    }
  });
});
