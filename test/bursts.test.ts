import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
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
  isStranger?: boolean;
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

async function askForToken(): Promise<{ access_token: string }> {
  const answer = await fetch(`${server.url}/connect/token`, {
    method: 'POST',
    headers: { authorization: basic('admin', SECRET), 'content-type': 'application/x-www-form-urlencoded', connection: 'close' },
    body: 'grant_type=client_credentials',
  });
  return answer.json() as Promise<{ access_token: string }>;
}

const UPDATE = 'mutation { updateClient(clientId: "admin", input: { enabled: true }) { version } }';
const LIST = '{ clients(first: 1) { totalCount nodes { secrets { rotation { safeToRevoke } } } } }';
const QUESTION = getIntrospectionQuery();

/** Many connections with a request each. What is held back of each is sent by `release`. */
async function crowd({ query, isAbsolute, isStranger }: Asked) {
  const statuses: string[] = [];
  const sockets = Array.from({ length: CROWD }, (_, number) => {
    const body = JSON.stringify({ query: `${query} #${number}` });
    const who = isStranger ? [] : [`Authorization: Bearer ${token}`];
    const head = [
      `POST ${isAbsolute ? server.url : ''}/graphql HTTP/1.1`,
      `Host: localhost:${server.port}`,
      ...who,
      'Content-Type: application/json',
    ];
    const socket = connect(server.port, '127.0.0.1');
    socket.on('data', (data) => statuses.push(...[...String(data).matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status as string)));
    socket.write([...head, `Content-Length: ${Buffer.byteLength(body)}`, '', body.slice(0, -1)].join('\r\n'));
    return socket;
  });
  await once(sockets.at(-1) as Socket, 'connect');
  const release = () => {
    for (const socket of sockets) socket.write('}');
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
  ['questions of strangers about the schema', { query: QUESTION, isStranger: true }],
])('of %s over as many connections lets others be answered first, over connections of their own', async (_, asked: Asked) => {
  const { statuses, release, close } = await crowd(asked);
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

it('of strangers whose bodies end at the same moment, long after their heads, does not come before whoever says who they are', async () => {
  const { statuses, release, close } = await crowd({ query: QUESTION, isStranger: true });
  await sleep(1000);
  release();
  await sleep(20);
  expect((await fetch(`${server.url}/health/live`, { headers: { connection: 'close' } })).status).toBe(200);
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', connection: 'close' };
  for (let question = 0; question < 5; question += 1) {
    const answer = await fetch(`${server.url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query: LIST }) });
    expect(answer.status).toBe(200);
  }
  expect(statuses.length).toBeLessThan(CROWD / 2);
  await until(() => statuses.length === CROWD);
  close();
});
