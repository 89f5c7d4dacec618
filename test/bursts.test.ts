import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { getIntrospectionQuery } from 'graphql';
import { basic } from '../testbed/app.js';
import { createTestDatabase, type TestDatabase } from '../testbed/database.js';
import { startProcess, type TestProcess, until } from '../testbed/process.js';

const SECRET = 'a-secret-that-the-administrator-chose';
const CROWD = 300;
/** What one connection sends at once. */
const EACH = 8;

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

async function askForToken({
  host = `localhost:${server.port}`,
  clientId = 'admin',
  secret = SECRET,
} = {}): Promise<{ access_token: string }> {
  const headers = { authorization: basic(clientId, secret), 'content-type': 'application/x-www-form-urlencoded' };
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

const ask = (query: string, by = token) =>
  post(
    '/graphql',
    { host: `localhost:${server.port}`, authorization: `Bearer ${by}`, 'content-type': 'application/json' },
    JSON.stringify({ query }),
  );

const UPDATE = 'mutation { updateClient(clientId: "admin", input: { enabled: true }) { version } }';
const UPDATE_OTHER = UPDATE.replace('"admin"', '"other"');
const LIST = '{ clients(first: 1) { totalCount nodes { secrets { rotation { safeToRevoke } } } } }';
const QUESTION = getIntrospectionQuery();

/** Many connections with a request each. What is held back of each is sent by `release`. */
function crowdOf(asked: Asked, count = CROWD) {
  const { query, isAbsolute = false } = asked;
  const who = 'who' in asked ? asked.who : `Authorization: Bearer ${token}`;
  return crowd(
    (number) => ({
      head: [
        `POST ${isAbsolute ? server.url : ''}/graphql HTTP/1.1`,
        `Host: localhost:${server.port}`,
        ...(who === undefined ? [] : [who]),
        'Content-Type: application/json',
      ],
      body: JSON.stringify({ query: `${query} #${number}` }),
    }),
    count,
  );
}

async function crowd(requestOf: (number: number) => { head: string[]; body: string }, count = CROWD) {
  const statuses: string[] = [];
  const ends: string[] = [];
  const sockets = Array.from({ length: count }, (_, number) => {
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
    const strangers = await crowdOf({ query: QUESTION, who });
    const found = await crowdOf({ query: LIST }, 3);
    await sleep(1000);
    const before = server.output().length;
    // All is there before any of it is looked at, whoever of the two the machine is slower for.
    server.child.kill('SIGSTOP');
    strangers.release();
    found.release();
    server.child.kill('SIGCONT');
    await until(() => strangers.statuses.length + found.statuses.length === CROWD + 3);
    expect(found.statuses).toEqual(['200', '200', '200']);
    const lines = () =>
      server
        .output()
        .slice(before)
        .split('\n')
        .filter((line) => line.includes('"path":"/graphql"'));
    await until(() => lines().length === CROWD + 3);
    expect(lines().findLastIndex((line) => line.includes('"clientId":"admin"'))).toBeLessThan(CROWD / 2);
    for (const { close } of [strangers, found]) close();
  },
);

it('of requests for nothing, many a connection, does not come before a change that takes several turns of the event loop', async () => {
  const change = await crowdOf({ query: UPDATE }, 1);
  const strangers = Array.from({ length: CROWD }, () => connect(server.port, '127.0.0.1').resume());
  await Promise.all(strangers.map((socket) => once(socket, 'connect')));
  const before = server.output().length;
  server.child.kill('SIGSTOP');
  change.release();
  for (const socket of strangers) socket.write(`GET /nothing HTTP/1.1\r\nHost: localhost:${server.port}\r\n\r\n`.repeat(EACH));
  server.child.kill('SIGCONT');
  const lines = () =>
    server
      .output()
      .slice(before)
      .split('\n')
      .filter((line) => /"path":"\/(nothing|graphql)"/.test(line));
  await until(() => lines().length === CROWD * EACH + 1);
  expect(change.statuses).toEqual(['200']);
  expect(lines().findIndex((line) => line.includes('"path":"/graphql"'))).toBeLessThan(3 * CROWD);
  for (const socket of strangers) socket.destroy();
  change.close();
});

/** Gives tokens back, each over a connection of its own. */
const crowdThatRevokes = (tokens: readonly string[], { host, secret }: { host: string; secret: string }) =>
  crowd((number) => ({
    head: [
      'POST /connect/revocation HTTP/1.1',
      `Host: ${host}`,
      `Authorization: ${basic('admin', secret)}`,
      'Content-Type: application/x-www-form-urlencoded',
    ],
    body: `token=${tokens[number]}`,
  }));

async function takeTokens(from: { host: string; secret: string }): Promise<string[]> {
  const tokens: string[] = [];
  for (let number = 0; number < CROWD; number += 1) tokens.push((await askForToken(from)).access_token);
  return tokens;
}

describe('of one client', () => {
  let other: { clientId: string; secret: string };

  beforeAll(async () => {
    const input = 'clientId: "other", name: "Other", accessTokenLifetime: 600, scopes: ["clients:write"]';
    const made = await ask(`mutation { createClient(input: { ${input} }) { clientSecret } }`);
    other = { clientId: 'other', secret: JSON.parse(made.text).data.createClient.clientSecret };
  });

  it('that gives tokens back does not come before another of its tenant that does', async () => {
    const own = { host: `localhost:${server.port}`, secret: SECRET };
    const tokens = await takeTokens(own);
    const { access_token } = await askForToken(other);
    const { statuses, release, close } = await crowdThatRevokes(tokens, own);
    release();
    await until(() => statuses.length > 0);
    const headers = { authorization: basic(other.clientId, other.secret), 'content-type': 'application/x-www-form-urlencoded' };
    expect((await post('/connect/revocation', { host: own.host, ...headers }, `token=${access_token}`)).status).toBe(200);
    expect(statuses.length).toBeLessThan(CROWD / 2);
    await until(() => statuses.length === CROWD);
    close();
  });

  it('that changes something does not come before another of its tenant that does', async () => {
    const { access_token } = await askForToken(other);
    const { statuses, release, close } = await crowdOf({ query: UPDATE });
    release();
    await until(() => statuses.length > 0);
    expect((await ask(UPDATE_OTHER, access_token)).text).toMatch(/"version":/);
    expect(statuses.length).toBeLessThan(CROWD / 2);
    await until(() => statuses.length === CROWD);
    close();
  });
});

describe('of another tenant', () => {
  let other: { host: string; secret: string; token: string };

  beforeAll(async () => {
    const host = `other.localhost:${server.port}`;
    const made = await ask(`mutation { createTenant(input: { name: "Other", host: "${host}" }) { clientSecret } }`);
    const secret = JSON.parse(made.text).data.createTenant.clientSecret;
    other = { host, secret, token: (await askForToken({ host, secret })).access_token };
  });

  it('that gives tokens back does not come before a change', async () => {
    const { statuses, release, close } = await crowdThatRevokes(await takeTokens(other), other);
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
