import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { getIntrospectionQuery } from 'graphql';
import { basic } from './support/app.js';
import { createTestDatabase, type TestDatabase } from './support/database.js';
import { startProcess, type TestProcess, until } from './support/process.js';

const SECRET = 'a-secret-that-the-administrator-chose';
const CROWD = 300;

interface Asked {
  query: string;
  /** Whether the whole URL stands in the first line. */
  isAbsolute?: boolean;
  /** The header that says who asks, in place of the token. */
  who?: string | undefined;
}

let database: TestDatabase;
let server: TestProcess;
let token: string;

beforeAll(async () => {
  database = await createTestDatabase();
  server = await startProcess(database, { ADMIN_CLIENT_SECRET: SECRET });
  await server.ready();
  token = (await askForToken()).access_token;
});
afterAll(async () => {
  await server.stop();
  await database.remove();
});

async function askForToken({ host = `localhost:${server.port}`, secret = SECRET } = {}): Promise<{ access_token: string }> {
  const headers = { authorization: basic('admin', secret), 'content-type': 'application/x-www-form-urlencoded' };
  return JSON.parse((await post('/connect/token', { host, ...headers }, 'grant_type=client_credentials')).text);
}

/** Over a connection of its own. */
function post(path: string, headers: Record<string, string>, body: string): Promise<{ status: number | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port: server.port, path, method: 'POST', headers, agent: false }, async (answer) =>
      resolve({ status: answer.statusCode, text: await text(answer) }),
    );
    request.on('error', reject).end(body);
  });
}

const ask = (query: string) =>
  post(
    '/graphql',
    { host: `localhost:${server.port}`, authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    JSON.stringify({ query }),
  );

const UPDATE = 'mutation { updateClient(clientId: "admin", input: { enabled: true }) { version } }';
const LIST = '{ clients(first: 1) { totalCount nodes { secrets { rotation { safeToRevoke } } } } }';
const QUESTION = getIntrospectionQuery();

/** Many connections with a request each. What is held back of each is sent by `release`. */
function crowdOf(asked: Asked) {
  const { query, isAbsolute = false } = asked;
  const who = 'who' in asked ? asked.who : `Authorization: Bearer ${token}`;
  return crowd((number) => ({
    head: [
      `POST ${isAbsolute ? server.url : ''}/graphql HTTP/1.1`,
      `Host: localhost:${server.port}`,
      ...(who === undefined ? [] : [who]),
      'Content-Type: application/json',
    ],
    body: JSON.stringify({ query: `${query} #${number}` }),
  }));
}

async function crowd(requestOf: (number: number) => { head: string[]; body: string }) {
  const statuses: string[] = [];
  const ends: string[] = [];
  const sockets = Array.from({ length: CROWD }, (_, number) => {
    const { head, body } = requestOf(number);
    ends.push(body.slice(-1));
    const socket = connect(server.port, '127.0.0.1');
    socket.on('data', (data) => statuses.push(...[...String(data).matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status as string)));
    socket.write([...head, `Content-Length: ${Buffer.byteLength(body)}`, '', body.slice(0, -1)].join('\r\n'));
    return socket;
  });
  await once(sockets.at(-1) as Socket, 'connect');
  const release = () => {
    for (const [index, socket] of sockets.entries()) socket.write(ends[index] as string);
  };
  const close = () => {
    for (const socket of sockets) socket.destroy();
  };
  return { statuses, release, close };
}

it.each([
  ['changes', { query: UPDATE }],
  ['questions', { query: LIST }],
  ['questions, as a proxy is asked', { query: LIST, isAbsolute: true }],
  ['questions of strangers about the schema', { query: QUESTION, who: undefined }],
])('of %s over as many connections lets others be answered first, over connections of their own', async (_, asked: Asked) => {
  const { statuses, release, close } = await crowdOf(asked);
  release();
  const live = await fetch(`${server.url}/health/live`, { headers: { connection: 'close' } });
  const { access_token } = await askForToken();
  expect([live.status, access_token.length > 0]).toEqual([200, true]);
  expect(statuses.length).toBeLessThan(CROWD / 2);
  await until(() => statuses.length === CROWD);
  // On a slow machine some wait for longer than anybody is asked to.
  expect(statuses).toContain('200');
  expect(statuses.filter((status) => !['200', '503'].includes(status))).toEqual([]);
  close();
});

it.each([
  ['nothing', undefined],
  ['anything in a cookie', 'Cookie: a=b'],
  ['a header of somebody else', 'Authorization: Basic eDp5'],
  ['a token that was made up', 'Authorization: Bearer abc'],
])(
  'of strangers who say %s of who they are, and whose bodies end at the same moment, does not come before whoever is found',
  async (_, who) => {
    const { statuses, release, close } = await crowdOf({ query: QUESTION, who });
    await sleep(1000);
    release();
    await sleep(20);
    expect((await fetch(`${server.url}/health/live`, { headers: { connection: 'close' } })).status).toBe(200);
    for (let question = 0; question < 3; question += 1) expect((await ask(LIST)).status).toBe(200);
    expect(statuses.length).toBeLessThan(CROWD / 2);
    await until(() => statuses.length === CROWD);
    close();
  },
);

describe('of another tenant', () => {
  let other: { host: string; secret: string; token: string };

  beforeAll(async () => {
    const host = `other.localhost:${server.port}`;
    const made = await ask(`mutation { createTenant(input: { name: "Other", host: "${host}" }) { clientSecret } }`);
    const secret = JSON.parse(made.text).data.createTenant.clientSecret;
    other = { host, secret, token: (await askForToken({ host, secret })).access_token };
  });

  it('that gives tokens back does not come before a change', async () => {
    const tokens: string[] = [];
    for (let number = 0; number < CROWD; number += 1) tokens.push((await askForToken(other)).access_token);
    const { statuses, release, close } = await crowd((number) => ({
      head: [
        'POST /connect/revocation HTTP/1.1',
        `Host: ${other.host}`,
        `Authorization: ${basic('admin', other.secret)}`,
        'Content-Type: application/x-www-form-urlencoded',
      ],
      body: `token=${tokens[number]}`,
    }));
    release();
    await until(() => statuses.length > 0);
    expect((await ask(UPDATE)).status).toBe(200);
    expect(statuses.length).toBeLessThan(CROWD / 2);
    await until(() => statuses.length === CROWD);
    close();
  });

  it('that asks for very much does not come before tokens, changes and questions', async () => {
    const much = Array.from(
      { length: 15 },
      (_, number) => `a${number}: client(clientId: "admin") { usage(hours: 720) { from issued } secrets { id } }`,
    );
    const { statuses, release, close } = await crowd((number) => ({
      head: ['POST /graphql HTTP/1.1', `Host: ${other.host}`, `Authorization: Bearer ${other.token}`, 'Content-Type: application/json'],
      body: JSON.stringify({ query: `{ ${much.join(' ')} } #${number}` }),
    }));
    release();
    await until(() => statuses.length > 0);
    expect((await askForToken()).access_token.length).toBeGreaterThan(0);
    for (const query of [UPDATE, LIST]) expect((await ask(query)).status).toBe(200);
    expect(statuses.length).toBeLessThan(CROWD / 2);
    await until(() => statuses.length === CROWD);
    close();
  });
});
