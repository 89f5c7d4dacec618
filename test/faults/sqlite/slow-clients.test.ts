import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestProcess } from '../../../testbed/process.js';
import { startLoad } from '../support/load.js';
import { connectRaw, drip, type RawClient } from '../support/raw-clients.js';
import { measured, rounds, type Subject, startSubject } from '../support/subject.js';

const QUIET_MS = 3_000;
/** The limits of the server, and the five seconds between two looks at them, and some for a slow machine. */
const HEADERS_WITHIN_MS = 10_000 + 5_000 + 5_000;
const REQUEST_WITHIN_MS = 30_000 + 5_000 + 5_000;
const BYTE_EVERY_MS = 500;

let subject: Subject;
beforeEach(async () => {
  subject = await startSubject();
});
afterEach(() => subject.remove());

const head = (length: number) =>
  `POST /connect/token HTTP/1.1\r\nHost: ${new URL(subject.issuer).host}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${length}\r\n\r\n`;
const LONG_BODY = `grant_type=client_credentials&x=${'x'.repeat(1_000)}`;

/** Ways to keep a server waiting, and how long it may take part in them. */
const WAYS: Record<string, { begin: (port: number) => Promise<RawClient>; withinMs: number }> = {
  'say nothing': { begin: (port) => connectRaw(port), withinMs: HEADERS_WITHIN_MS },
  'send headers byte by byte': {
    begin: async (port) => {
      const client = await connectRaw(port);
      drip(client, head(10), BYTE_EVERY_MS);
      return client;
    },
    withinMs: HEADERS_WITHIN_MS,
  },
  'send half a body': { begin: (port) => connectRaw(port, `${head(1_000)}grant_type=`), withinMs: REQUEST_WITHIN_MS },
  'send a body byte by byte': {
    begin: async (port) => {
      const client = await connectRaw(port, head(LONG_BODY.length));
      drip(client, LONG_BODY, BYTE_EVERY_MS);
      return client;
    },
    withinMs: REQUEST_WITHIN_MS,
  },
  'begin a GraphQL request and stop': {
    begin: (port) =>
      connectRaw(
        port,
        `POST /graphql HTTP/1.1\r\nHost: ${new URL(subject.issuer).host}\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"query":`,
      ),
    withinMs: REQUEST_WITHIN_MS,
  },
};

it('clients that take their time are cut off, and others are served meanwhile', async () => {
  const each = rounds(100, 30);
  const { ledger, server } = subject;
  const load = await startLoad(ledger, { writers: 1, takers: 4 });
  const quietSince = performance.now();
  await sleep(QUIET_MS);
  const slowSince = performance.now();
  const lives = await Promise.all(
    Object.entries(WAYS).map(async ([way, { begin, withinMs }]) => {
      const clients = await Promise.all(Array.from({ length: each }, () => begin(server.port)));
      const longestMs = Math.round(Math.max(...(await Promise.all(clients.map(({ closed }) => closed)))));
      return { way, longestMs, withinMs, statuses: [...new Set(clients.map(({ answer }) => answer().slice(9, 12)))] };
    }),
  );
  const slow = latencies(slowSince);
  await load.stop();
  const quiet = latencies(quietSince, slowSince);
  measured('clients that take their time', { each, lives, tokens: { quiet, slow } });
  for (const { longestMs, withinMs } of lives) expect(longestMs).toBeLessThan(withinMs);
  for (const { statuses } of lives) expect(['', '400', '408']).toEqual(expect.arrayContaining(statuses));
  expect([ledger.tally('writes').failures, ledger.tally('tokens').failures]).toEqual([{}, {}]);
});

/** How long tokens took that were asked for in a span of time. */
function latencies(since: number, until = Number.POSITIVE_INFINITY): { count: number; medianMs: number; slowestMs: number } {
  const taken = subject.ledger.tokens.filter(({ begin }) => begin >= since && begin < until).map(({ begin, end }) => end - begin);
  const sorted = taken.toSorted((a, b) => a - b).map((milliseconds) => Math.round(milliseconds * 10) / 10);
  return { count: sorted.length, medianMs: sorted[Math.floor(sorted.length / 2)] ?? 0, slowestMs: sorted.at(-1) ?? 0 };
}

/** Starts the server anew with so little memory. */
async function startSmall(megabytes: number) {
  await subject.server.stop();
  const server = await subject.start({ NODE_OPTIONS: `--max-old-space-size=${megabytes}` });
  await server.ready();
  return server;
}

/** What was sent has been read when somebody who comes later is answered. */
async function expectAlive({ url, child }: TestProcess): Promise<void> {
  for (let round = 0; round < 5; round += 1) {
    await sleep(500);
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
  }
  expect([child.exitCode, child.signalCode]).toEqual([null, null]);
}

it('bodies in chunks of a byte that never end do not end a server with little memory', async () => {
  const server = await startSmall(200);
  const tiny = '1\r\na\r\n'.repeat(60_000);
  const { host } = new URL(subject.issuer);
  const clients: RawClient[] = [];
  for (const [path, type] of [
    ['/graphql', 'application/json'],
    ['/connect/token', 'application/x-www-form-urlencoded'],
  ]) {
    const lines = [`POST ${path} HTTP/1.1`, `Host: ${host}`, `Content-Type: ${type}`, 'Transfer-Encoding: chunked'];
    for (let number = 0; number < 30; number += 1) clients.push(await connectRaw(server.port, `${lines.join('\r\n')}\r\n\r\n${tiny}`));
  }
  await expectAlive(server);
  for (const client of clients) client.socket.destroy();
});

it.each([
  ['small requests', (host: string) => `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`.repeat(2_000)],
  ['requests with very many headers', (host: string) => `GET / HTTP/1.1\r\nHost: ${host}\r\n${'a:\r\n'.repeat(3_900)}\r\n`.repeat(6)],
  [
    'content in chunks of a byte',
    (host: string) => `POST /connect/token HTTP/1.1\r\nHost: ${host}\r\nTransfer-Encoding: chunked\r\n\r\n${'1\r\na\r\n'.repeat(15_000)}`,
  ],
])(
  'connections that send %s without a pause, and come again when they are closed, keep nobody out of a server with little memory',
  async (_what, textOf) => {
    const server = await startSmall(192);
    const text = textOf(new URL(subject.issuer).host);
    const sockets = new Set<Socket>();
    const connectAgain = () => {
      const socket = connect(server.port, '127.0.0.1').resume();
      sockets.add(socket);
      const send = () => {
        while (socket.writable && socket.write(text));
      };
      socket
        .on('error', () => undefined)
        .on('connect', send)
        .on('drain', send);
      socket.on('close', () => sockets.delete(socket) && setTimeout(connectAgain, 20));
    };
    for (let number = 0; number < 600; number += 1) connectAgain();
    await expectAlive(server);
    await expectAlive(server);
    for (const socket of sockets) socket.removeAllListeners('close').destroy();
  },
);

it.each([
  ['values', () => ({ query: '{ __typename }', variables: { x: Array.from({ length: 660 }, (_, key) => ({ [`k${key}`]: 1 })) } })],
  ['fields', (number: number) => ({ query: `{ ${'__typename '.repeat(480)} } # ${number}` })],
])(
  'what takes far more memory than was sent, for its %s, does not end a server with little memory, however many send it',
  async (_what, bodyOf) => {
    const server = await startSmall(90);
    const { host } = new URL(subject.issuer);
    const clients: RawClient[] = [];
    for (let number = 0; number < 700; number += 1) {
      const body = JSON.stringify(bodyOf(number));
      const head = ['POST /graphql HTTP/1.1', `Host: ${host}`, 'Content-Type: application/json', `Content-Length: ${body.length}`];
      clients.push(await connectRaw(server.port, `${head.join('\r\n')}\r\n\r\n${body}`));
    }
    await expectAlive(server);
    expect(clients.filter(({ answer }) => answer().includes('"Query"')).length).toBeGreaterThan(0);
    for (const client of clients) client.socket.destroy();
  },
);
