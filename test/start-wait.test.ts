import { mkdirSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { createTestDatabase, kind, type TestDatabase } from '../testbed/database.js';
import { freePort } from '../testbed/free-port.js';
import { answers, startProcess, type TestProcess, until } from '../testbed/process.js';

let database: TestDatabase;
let server: TestProcess | undefined;

beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  await server?.stop('SIGKILL');
  await database.remove();
});

/** Asks for a token with a wrong secret. */
async function ask({ url }: TestProcess): Promise<string> {
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'admin', client_secret: 'wrong' });
  const answer = await fetch(`${url}/connect/token`, { method: 'POST', body });
  const { error, code } = JSON.parse(await answer.text());
  return `${answer.status} ${code ?? error}`;
}

it('whoever asks while a server makes its database waits, and is refused by nothing but what they asked for', async () => {
  server = await startProcess(database);
  const { url } = server;
  await until(() => answers(`${url}/health/live`, 200), server.output);
  expect(await Promise.all([ask(server), ask(server), ask(server)])).toEqual(Array(3).fill('401 invalid_client'));
  expect((await fetch(`${url}/health/ready`)).status).toBe(200);
});

it('whoever asks while there is no database waits once, and is refused at once after that', async () => {
  server = await startProcess({ ...database, url: `mysql://nobody:x@127.0.0.1:${await freePort()}/none` });
  const { url, output } = server;
  await until(() => answers(`${url}/health/live`, 200), output);
  expect(await ask(server)).toBe('503 temporarily_unavailable');
  const began = performance.now();
  for (const _ of Array(20)) expect(await ask(server)).toBe('503 temporarily_unavailable');
  // Each of them would have waited for as long as the first.
  expect(performance.now() - began).toBeLessThan(60_000);
});

it('whoever waits hears of it when the server is stopped meanwhile', async () => {
  server = await startProcess({ ...database, url: `mysql://nobody:x@127.0.0.1:${await freePort()}/none` });
  const { url, output } = server;
  await until(() => answers(`${url}/health/live`, 200), output);
  const answer = ask(server);
  // Connections are taken in their order: with this one answered, that of the one before is there.
  await until(() => answers(`${url}/health/live`, 200), output);
  await until(() => output().includes('does not answer yet'), output);
  await server.stop();
  expect(await answer).toBe('503 temporarily_unavailable');
  expect(await server.exit).toBe(0);
});

/** Has the lock that starts take, as another process that migrates. @returns what gives it back */
async function holdStart(): Promise<() => void> {
  if (kind === 'mysql') {
    await database.query(
      'CREATE TABLE leases (name varchar(50) NOT NULL PRIMARY KEY, holder varchar(36) NULL, expires_at bigint NOT NULL)',
    );
    await database.query("INSERT INTO leases VALUES ('startup', 'another', UNIX_TIMESTAMP() * 1000 + 25000)");
    return () => undefined;
  }
  mkdirSync(join(database.folder, 'data'));
  const file = new Sqlite(join(database.folder, 'data', 'latchkey.db-startup'));
  file.exec('BEGIN EXCLUSIVE');
  return () => file.close();
}

it('a start that waits for another process says so, and ends when it is told to', async () => {
  const giveBack = await holdStart();
  server = await startProcess(database);
  const { output } = server;
  await until(() => output().includes('another process makes or migrates the database'), output);
  expect(await server.stop()).toBe(0);
  giveBack();
});

/** As a server, or a proxy before it, says that there are too many connections. */
const TOO_MANY = Buffer.from('\xff\x10\x04#08004Too many connections', 'latin1');

it('connections that a server refuses and does not end are ended, and the process with them', async () => {
  const open = new Set<Socket>();
  let refused = 0;
  const refusing = createServer((socket) => {
    open.add(socket);
    refused += 1;
    socket.on('error', () => {}).once('close', () => open.delete(socket));
    socket.write(Buffer.concat([Buffer.from([TOO_MANY.length, 0, 0, 0]), TOO_MANY]));
  });
  await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', resolve));
  const { port } = refusing.address() as AddressInfo;
  server = await startProcess({ ...database, url: `mysql://nobody:x@127.0.0.1:${port}/none` });
  await until(() => refused > 4, server.output);
  await until(() => open.size <= 2, server.output);
  expect(await server.stop()).toBe(0);
  await new Promise((resolve) => refusing.close(resolve));
});
