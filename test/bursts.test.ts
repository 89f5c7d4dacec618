import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { basic } from './support/app.js';
import { createTestDatabase, type TestDatabase } from './support/database.js';
import { startProcess, type TestProcess, until } from './support/process.js';

const SECRET = 'a-secret-that-the-administrator-chose';
const CROWD = 300;

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

it.each([
  ['changes', 'mutation { updateClient(clientId: "admin", input: { enabled: true }) { version } }'],
  ['questions', '{ clients(first: 1) { totalCount nodes { secrets { rotation { safeToRevoke } } } } }'],
])('of %s over as many connections lets others be answered first, over connections of their own', async (_, query) => {
  const body = JSON.stringify({ query });
  const head = ['POST /graphql HTTP/1.1', `Host: localhost:${server.port}`, `Authorization: Bearer ${token}`];
  const rest = ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`, '', body];
  const request = [...head, ...rest].join('\r\n');
  const statuses: string[] = [];
  const sockets: Socket[] = Array.from({ length: CROWD }, () => connect(server.port, '127.0.0.1'));
  for (const socket of sockets) {
    socket.on('data', (data) => statuses.push(...[...String(data).matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status as string)));
    socket.write(request);
  }
  await once(sockets.at(-1) as Socket, 'connect');
  const live = await fetch(`${server.url}/health/live`, { headers: { connection: 'close' } });
  const { access_token } = await askForToken();
  expect([live.status, access_token.length > 0]).toEqual([200, true]);
  expect(statuses.length).toBeLessThan(CROWD / 2);
  await until(() => statuses.length === CROWD);
  expect(new Set(statuses)).toEqual(new Set(['200']));
  for (const socket of sockets) socket.destroy();
});
