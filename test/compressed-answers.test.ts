import { request } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { getToken, startApp, type TestApp } from '../testbed/app.js';

const SCOPES = Array.from({ length: 40 }, (_, number) => `scope-of-some-length-${number}`);
const CLIENTS = '{ clients(first: 50) { nodes { id name clientId scopes usage(hours: 24) { from issued refused } } } }';
const CREATE = 'mutation ($input: CreateClientInput!) { createClient(input: $input) { clientSecret client { clientId scopes } } }';

let app: TestApp;
let token: string;

beforeAll(async () => {
  app = await startApp();
  token = await getToken(app, app.admin);
  for (let number = 0; number < 10; number += 1)
    await app.administer(CREATE, { input: { name: `Client ${number}`, clientId: `client-${number}`, scopes: SCOPES } });
});
afterAll(() => app.stop());

interface Sent {
  encoding: string | undefined;
  vary: string;
  bytes: number;
  text: string;
}

/** The answer as it went over the line. */
function ask(body: object | undefined, headers: Record<string, string>, path = '/graphql'): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const given = { authorization: `Bearer ${token}`, host: `localhost:${app.port}`, 'content-type': 'application/json', ...headers };
    const asked = request({ port: app.port, path, method: body ? 'POST' : 'GET', headers: given }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part) => parts.push(part));
      response.on('end', () => {
        const sent = Buffer.concat(parts);
        const { 'content-encoding': encoding, vary = '' } = response.headers;
        resolve({ encoding, vary, bytes: sent.length, text: String(encoding ? gunzipSync(sent) : sent) });
      });
    });
    asked.on('error', reject).end(body && JSON.stringify(body));
  });
}

it('the answer to a query is compressed for whoever takes that, by POST and GET, in each type', async () => {
  const plain = await ask({ query: CLIENTS }, {});
  expect([plain.encoding, plain.vary.toLowerCase()]).toEqual([undefined, expect.stringContaining('accept-encoding')]);
  for (const accept of ['application/json', 'application/graphql-response+json']) {
    const manners = [
      ask({ query: CLIENTS }, { 'accept-encoding': 'br, gzip;q=0.5', accept }),
      ask({ query: CLIENTS }, { 'accept-encoding': '*', accept }),
      ask({ query: CLIENTS }, { 'accept-encoding': 'GZIP', accept }),
      ask({ query: CLIENTS }, { 'accept-encoding': '*;q=0, gzip', accept }),
      ask(undefined, { 'accept-encoding': 'gzip, deflate, br, zstd', accept }, `/graphql?query=${encodeURIComponent(CLIENTS)}`),
    ];
    for (const answer of await Promise.all(manners)) {
      expect([answer.encoding, answer.text]).toEqual(['gzip', plain.text]);
      expect(answer.bytes).toBeLessThan(plain.bytes / 8);
    }
  }
  for (const encoding of [
    'identity',
    'gzip;q=0',
    'br',
    'nonsense',
    '',
    '*;q=0',
    'identity;q=0',
    'gzip;q=0, *',
    ';',
    'gzip;q=x',
    '*;q=0, identity;q=0',
  ])
    expect(await ask({ query: CLIENTS }, { 'accept-encoding': encoding })).toEqual(plain);
});

it('the answer to a mutation is not, whatever it is called: its length would tell of the secret in it', async () => {
  const input = { name: 'Long', clientId: 'long', scopes: SCOPES };
  const several = `query Clients ${CLIENTS} ${CREATE.replace('mutation', 'mutation Create')}`;
  const body = { query: several, operationName: 'Create', variables: { input } };
  const answer = await ask(body, { 'accept-encoding': 'gzip' });
  expect([answer.encoding, answer.text]).toEqual([undefined, expect.stringContaining('"clientSecret":"lk_')]);
  expect(answer.bytes).toBeGreaterThan(1024);
  expect((await ask({ ...body, operationName: 'Clients' }, { 'accept-encoding': 'gzip' })).encoding).toBe('gzip');
});

it('what is short, or refused, is not', async () => {
  const gzip = { 'accept-encoding': 'gzip' };
  expect((await ask({ query: '{ viewer { clientId } }' }, gzip)).encoding).toBeUndefined();
  const wrong = { query: `{ ${Array.from({ length: 30 }, (_, number) => `nothing${number}LikeThat`).join(' ')} }` };
  const refused = await ask(wrong, gzip);
  expect([refused.encoding, JSON.parse(refused.text).errors.length > 5]).toEqual([undefined, true]);
  expect((await ask({ query: CLIENTS }, { ...gzip, authorization: 'Bearer none' })).encoding).toBeUndefined();
});
