import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { asIdle } from '../../src/platform/http/body-pieces.js';
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

it('large bodies that never end have a bound together: who has been sending for the longest time is left', async () => {
  setHandler(server, (incoming: IncomingMessage, response) => {
    incoming.resume().on('end', () => response.end('taken'));
  });
  const sockets = await open(400, `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n${'x'.repeat(10_000)}`);
  const closed = new Set<number>();
  for (const [number, socket] of sockets.entries()) {
    socket.once('close', () => closed.add(number));
    // Otherwise the end of the connection is not heard of.
    socket.resume();
  }
  for (const socket of sockets) socket.write('x'.repeat(100_000));
  while (closed.size < 50) await sleep(5);
  expect(closed.has(399)).toBe(false);
  const [first] = [...closed].sort((a, b) => a - b);
  expect(first).toBe(0);
  for (const socket of sockets) socket.destroy();
  // What has been answered counts no more, over one connection as over many.
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let time = 0; time < 400; time += 1) {
    const sending = request({ port, agent, method: 'POST', host: '127.0.0.1' });
    sending.end('x'.repeat(100_000));
    const [answer] = (await once(sending, 'response')) as [IncomingMessage];
    expect(await text(answer)).toBe('taken');
  }
  agent.destroy();
});

it('counts nothing of a body whose request was answered before it had come', async () => {
  setHandler(server, (incoming: IncomingMessage, response) => {
    // Read in part: what is not read at all Node throws away itself.
    if (incoming.url === '/early') incoming.once('data', () => response.end('early')).resume();
    else incoming.resume().on('end', () => response.end('taken'));
  });
  const socket = connect(port, '127.0.0.1');
  const head = 'POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n';
  let told = '';
  socket.on('data', (data) => (told += data));
  for (let time = 1; time <= 40; time += 1) {
    socket.write(head + 'x'.repeat(10_000));
    while (told.split('early').length <= time) await sleep(2);
    await new Promise((resolve) => socket.write('x'.repeat(990_000), resolve));
  }
  const sending = request({ port, method: 'POST', host: '127.0.0.1' });
  sending.end('x'.repeat(100_000));
  const [answer] = (await once(sending, 'response')) as [IncomingMessage];
  expect(await text(answer)).toBe('taken');
  socket.destroy();
});

it.each([1, 4])('bodies that wait behind %s answers which nobody takes keep nobody else from sending one', async (before) => {
  const large = Buffer.alloc(4_000_000);
  setHandler(server, (incoming: IncomingMessage, response) => {
    if (incoming.method === 'GET') response.end(large);
    else incoming.resume().on('end', () => response.end('taken'));
  });
  const body = 'x'.repeat(100_000);
  const unread = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(before);
  const sockets = Array.from({ length: 400 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
  for (const socket of sockets)
    socket.pause().write(`${unread}POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  await sleep(300);
  for (let time = 0; time < 20; time += 1) {
    const sending = request({ port, method: 'POST', host: '127.0.0.1' });
    sending.end(body);
    const [answer] = (await once(sending, 'response')) as [IncomingMessage];
    expect(await text(answer)).toBe('taken');
  }
  for (const socket of sockets) socket.destroy();
});

it('large bodies that came and wait for something give way to those of others', async () => {
  setHandler(server, (incoming: IncomingMessage, response) => {
    incoming.resume().on('end', () => {
      if (incoming.url === '/idle') void asIdle(incoming, new Promise(() => undefined));
      else response.end('taken');
    });
  });
  const body = 'x'.repeat(100_000);
  const idle = Array.from({ length: 800 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
  for (const socket of idle) socket.write(`POST /idle HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  await sleep(100);
  for (let time = 0; time < 20; time += 1) {
    const sending = request({ port, method: 'POST', host: '127.0.0.1' });
    sending.write(body.slice(0, 50_000));
    await sleep(20);
    sending.end(body.slice(50_000));
    const [answer] = (await once(sending, 'response')) as [IncomingMessage];
    expect(await text(answer)).toBe('taken');
  }
  for (const socket of idle) socket.destroy();
});

it('large bodies wait for room where others are worked on, and none of them is broken off', async () => {
  const held: (() => void)[] = [];
  setHandler(server, (incoming: IncomingMessage, response) => {
    incoming.resume().on('end', () => {
      if (incoming.url === '/held') held.push(() => response.end('worked on'));
      else response.end('taken');
    });
  });
  const body = 'x'.repeat(100_000);
  const ask = (path: string) => {
    const sending = request({ port, path, method: 'POST', host: '127.0.0.1' });
    const told = once(sending, 'response').then(([answer]) => text(answer));
    return { sending, told };
  };
  const inWork = Array.from({ length: 330 }, () => ask('/held'));
  for (const { sending } of inWork) sending.end(body);
  while (held.length < 330) await sleep(5);
  const late = Array.from({ length: 20 }, () => ask('/'));
  for (const { sending } of late) sending.write(body.slice(0, 50_000));
  await sleep(100);
  for (const { sending } of late) sending.end(body.slice(50_000));
  while (held.length > 0) {
    held.shift()?.();
    await sleep(1);
  }
  for (const { told } of inWork) expect(await told).toBe('worked on');
  for (const { told } of late) expect(await told).toBe('taken');
});

it('bodies of which parts have come and whose senders have gone unseen leave room for others', async () => {
  setHandler(server, (incoming: IncomingMessage, response) => {
    incoming.resume().on('end', () => response.end('taken'));
  });
  const body = 'x'.repeat(100_000);
  const gone = Array.from({ length: 1_200 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
  for (const socket of gone) socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, -1)}`);
  await sleep(300);
  for (const socket of gone) socket.resetAndDestroy();
  for (let time = 0, taken = 0; taken < 10; time += 1) {
    const sending = request({ port, method: 'POST', host: '127.0.0.1' });
    sending.end(body);
    const answer = await once(sending, 'response').then(
      ([incoming]) => text(incoming as IncomingMessage),
      () => 'broken off',
    );
    if (answer === 'taken') taken += 1;
    expect(time).toBeLessThan(1_000);
  }
});
