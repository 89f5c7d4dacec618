import { type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { createHttpServer, setHandler } from '../../src/platform/http/listener.js';

const server = createHttpServer();
let port: number;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as { port: number }).port;
});
afterAll(() => new Promise((resolve) => server.close(resolve).closeAllConnections()));

/** Sends a body in chunks of HTTP, all of them at once. */
async function send(chunks: readonly string[]): Promise<Buffer[]> {
  const done = Promise.withResolvers<Buffer[]>();
  setHandler(server, (incoming: IncomingMessage, response) => {
    const found: Buffer[] = [];
    incoming.on('data', (piece) => found.push(piece));
    incoming.on('end', () => {
      response.end();
      done.resolve(found);
    });
  });
  const socket = connect(port, '127.0.0.1');
  const body = chunks.map((chunk) => `${Buffer.byteLength(chunk).toString(16)}\r\n${chunk}\r\n`).join('');
  socket.write(`POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${body}0\r\n\r\n`);
  const found = await done.promise;
  socket.destroy();
  return found;
}

it('keeps a body in few pieces that is sent in thirty thousand chunks', async () => {
  const body = 'abcdefghijklmnopqrstuvwxyz'.repeat(1_200).slice(0, 30_000);
  const found = await send(body.split(''));
  expect(found.length).toBeLessThan(32);
  expect(Buffer.concat(found).toString() === body).toBe(true);
});

it('hands on what it was sent, whatever the chunks', async () => {
  const chunk = fc.oneof(
    { weight: 4, arbitrary: fc.string({ minLength: 1, maxLength: 40, unit: 'binary' }) },
    { weight: 1, arbitrary: fc.integer({ min: 4_000, max: 9_000 }).map((length) => 'x'.repeat(length)) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(chunk, { maxLength: 200 }), async (chunks) => {
      expect(Buffer.concat(await send(chunks)).toString()).toBe(chunks.join(''));
    }),
    { numRuns: 50 },
  );
});

it('hands on an ordinary body as it came, and none', async () => {
  expect((await send(['grant_type=client_credentials'])).map(String)).toEqual(['grant_type=client_credentials']);
  expect(await send([])).toEqual([]);
});

it('goes on reading when the reader was slow', async () => {
  const done = Promise.withResolvers<number>();
  setHandler(server, (incoming, response) => {
    let bytes = 0;
    void sleep(50).then(() => {
      incoming.on('data', (piece: Buffer) => (bytes += piece.length));
      incoming.on('end', () => {
        response.end();
        done.resolve(bytes);
      });
    });
  });
  const asked = request({ port, method: 'POST', headers: { 'transfer-encoding': 'chunked' } }, (response) => response.resume());
  for (let index = 0; index < 3_000; index += 1) asked.write('x'.repeat(index % 100));
  asked.end('y'.repeat(200_000));
  expect(await done.promise).toBe(30 * 4950 + 200_000);
});

/** Opens so many connections, over each of which a request begins. */
async function open(count: number, head: string): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () => connect(port, '127.0.0.1').on('error', () => undefined));
  const begun = Promise.withResolvers<void>();
  let requests = 0;
  const note = () => {
    requests += 1;
    if (requests === count) begun.resolve();
  };
  server.on('request', note);
  for (const socket of sockets) socket.write(head);
  await begun.promise;
  server.off('request', note);
  return sockets;
}

it('what follows the last bytes of a crowd is begun over many turns of the event loop, and before it what others sent that is light', async () => {
  const order: string[] = [];
  const isDone = Promise.withResolvers<void>();
  const rounds: number[] = [];
  let round = 0;
  const count = () => {
    round += 1;
    next = setImmediate(count);
  };
  let next = setImmediate(count);
  setHandler(server, (incoming: IncomingMessage, response) => {
    let bytes = 0;
    incoming.on('data', (piece) => (bytes += piece.length));
    incoming.on('end', () => {
      const isHeavy = bytes > 1_000;
      if (isHeavy) for (const end = performance.now() + 3; performance.now() < end; );
      order.push(isHeavy ? 'heavy' : 'light');
      rounds.push(round);
      response.end();
      if (order.length === 110) isDone.resolve();
    });
  });
  const headOf = (length: number) => `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\n${'x'.repeat(length - 1)}`;
  const heavy = await open(100, headOf(10_000));
  const light = await open(10, headOf(100));
  for (const socket of [...heavy, ...light]) socket.write('x');
  await isDone.promise;
  clearImmediate(next);
  expect(new Set(rounds).size).toBeGreaterThan(20);
  expect(order.lastIndexOf('light')).toBeLessThan(50);
  for (const socket of [...heavy, ...light]) socket.destroy();
});
