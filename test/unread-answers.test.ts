import { readdirSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { basic } from '../testbed/app.js';
import { createTestDatabase, type TestDatabase } from '../testbed/database.js';
import { startProcess, type TestProcess, until } from '../testbed/process.js';

/** More than a server has open when it rests, and far less than what is asked for. */
const MOST_FILES = 60;
const MOST_KEPT = 20;
/** Requests that were parsed and wait take more than twice of this. */
const MOST_KB = 250_000;
const SECRET = 'a-secret-that-the-administrator-chose';

let database: TestDatabase;
let server: TestProcess;

beforeAll(async () => {
  database = await createTestDatabase();
  server = await startProcess(database, { ADMIN_CLIENT_SECRET: SECRET });
  await server.ready();
});
afterAll(async () => {
  await server.stop();
  await database.remove();
});

const filesOpen = () => readdirSync(`/proc/${server.child.pid}/fd`).length;
const memoryKb = () => Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${server.child.pid}/status`, 'utf8'))?.[1]);
const processorTicks = () => {
  const fields = readFileSync(`/proc/${server.child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return Number(fields[11]) + Number(fields[12]);
};
/** Until the server has done what it was asked for. */
async function rest(): Promise<void> {
  for (let before = -1; processorTicks() - before > 5; await sleep(300)) before = processorTicks();
}
const requestFor = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost:${server.port}\r\nAccept: text/html\r\n\r\n`;

/** Sends requests, one after the other without a pause, and reads nothing. */
async function flood(path: string, count: number): Promise<Socket> {
  return floodWith(requestFor(path).repeat(count));
}

async function floodWith(requests: string): Promise<Socket> {
  const socket = connect(server.port, '127.0.0.1').pause();
  socket.on('error', () => {});
  socket.write(requests);
  await sleep(300);
  return socket;
}

async function anAsset(): Promise<string> {
  const page = await (await fetch(server.url, { headers: { accept: 'text/html' } })).text();
  return /\/assets\/console-[^"]+\.js/.exec(page)?.[0] as string;
}

it.each(['a page', 'an asset', 'the schema'])(
  'keep no files open, fill no memory, and hold up nobody else, when they are of %s',
  async (what) => {
    const asset = await anAsset();
    const path = { 'a page': '/', 'an asset': asset, 'the schema': '/graphql?query=%7B__schema%7Btypes%7Bname%7D%7D%7D' }[what] as string;
    const [before, memoryBefore] = [filesOpen(), memoryKb()];
    const sockets = [];
    for (let connection = 0; connection < 4; connection += 1) sockets.push(await flood(path, 100_000));
    expect(filesOpen() - before).toBeLessThan(MOST_FILES);
    expect(memoryKb() - memoryBefore).toBeLessThan(MOST_KB);
    const token = await fetch(`${server.url}/connect/token`, {
      method: 'POST',
      headers: { authorization: basic('admin', SECRET), 'content-type': 'application/x-www-form-urlencoded' },
      body: 'grant_type=client_credentials',
    });
    expect(token.status).toBe(200);
    for (const socket of sockets) socket.destroy();
    // Connections to the database that were opened meanwhile stay.
    await until(() => filesOpen() <= before + MOST_KEPT);
    expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
  },
);

it('are left as they came, however many there are in one piece', async () => {
  const before = memoryKb();
  const piece = 'GET / HTTP/1.1\r\nHost:a\r\n\r\n'.repeat(2_500);
  const sockets = await Promise.all(Array.from({ length: 100 }, () => floodWith(piece)));
  // Parsed all of them together take over a gigabyte.
  await rest();
  expect(memoryKb() - before).toBeLessThan(2 * MOST_KB);
  for (const socket of sockets) socket.destroy();
});

it('come one after the other, all of them, when they are read in the end', async () => {
  const socket = await flood('/health/live', 2_000);
  let received = '';
  socket.on('data', (data) => (received += data)).resume();
  const count = () => received.split('HTTP/1.1 200 OK').length - 1;
  await until(() => count() === 2_000);
  socket.destroy();
});

it('leave room for the content of requests that come behind others', async () => {
  const body = 'grant_type=client_credentials';
  const head = [
    'POST /connect/token HTTP/1.1',
    `Host: localhost:${server.port}`,
    `Authorization: ${basic('admin', SECRET)}`,
    'Content-Type: application/x-www-form-urlencoded',
    `Content-Length: ${body.length}`,
  ];
  const socket = connect(server.port, '127.0.0.1');
  let received = '';
  socket.on('data', (data) => (received += data));
  // The last one is cut in two, and most of it comes when the others wait in their line.
  socket.write(requestFor('/health/live').repeat(40) + `${head.join('\r\n')}\r\n\r\n${body}`.repeat(40).slice(0, -10));
  await sleep(200);
  socket.write(body.slice(-10));
  const count = () => received.split('access_token').length - 1;
  await until(() => count() === 40);
  socket.destroy();
});
