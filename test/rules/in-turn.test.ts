import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { CompactRequest } from '../../src/platform/http/body-pieces.js';
import { MOST_HEADERS } from '../../src/platform/http/header-limit.js';
import { addressOf } from '../../src/platform/http/ip.js';
import { createHttpServer, drain, listen, setHandler } from '../../src/platform/http/listener.js';
import { Pace } from '../../src/platform/http/pace.js';

const GET = 'GET / HTTP/1.1\r\nHost:a\r\n\r\n';

const server = createHttpServer();
let port: number;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as { port: number }).port;
});
afterAll(() => new Promise((resolve) => server.close(resolve).closeAllConnections()));

/** Reads a request's content as a whole. */
async function contentOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces).toString('latin1');
}

/** Sends pieces, each when the one before has been taken from the network. @returns what came, once there are so many answers */
async function exchange(pieces: readonly string[], answers: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true }).on('error', () => undefined);
  let told = '';
  socket.on('data', (data) => (told += data.toString('latin1')));
  for (const piece of pieces) {
    await new Promise((resolve) => socket.write(Buffer.from(piece, 'latin1'), resolve));
    await turn();
  }
  while (told.split('HTTP/1.1 ').length - 1 < answers) await sleep(1);
  socket.destroy();
  return told;
}

const content = fc
  .array(fc.constantFrom('\r\n', '\r\n\r\n', GET, 'a', '0', '0\r\n\r\n', 'x'.repeat(5_000), '{"query":"{viewer{clientId}}"}'), {
    maxLength: 12,
  })
  .map((parts) => parts.join(''));
const inChunks = (text: string, size: number) =>
  (text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []).map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('');
const request = fc.oneof(
  fc.constant({ sent: GET, content: '' }),
  fc.constant({ sent: `\r\n\r\n${GET}`, content: '' }),
  content.map((text) => ({ sent: `POST / HTTP/1.1\r\nHost:a\r\nContent-Length: ${text.length}\r\n\r\n${text}`, content: text })),
  fc.tuple(content, fc.integer({ min: 1, max: 9_000 }), fc.constantFrom('', 'Trailer-Like: x\r\n')).map(([text, size, trailer]) => ({
    sent: `POST / HTTP/1.1\r\nHost:a\r\nTransfer-Encoding: chunked\r\n\r\n${inChunks(text, size)}0\r\n${trailer}\r\n`,
    content: text,
  })),
);

it('are answered in their order, each with its own content, no more than two at a time, however they are cut', async () => {
  const underWay = new WeakMap<Socket, number>();
  let most = 0;
  setHandler(server, async (incoming, response) => {
    const { socket } = incoming;
    const count = (more: number) => underWay.set(socket, (underWay.get(socket) ?? 0) + more).get(socket) as number;
    most = Math.max(most, count(1));
    response.once('close', () => count(-1));
    const text = await contentOf(incoming);
    await turn();
    response.end(`<${text.length}:${text}>`);
  });
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 12 }), fc.array(fc.nat(), { maxLength: 12 }), async (requests, cuts) => {
      const sent = requests.map((one) => one.sent).join('');
      const places = [...new Set(cuts.map((cut) => cut % sent.length))].sort((one, other) => one - other);
      const pieces = [0, ...places].map((place, index) => sent.slice(place, places[index] ?? sent.length)).filter((piece) => piece !== '');
      const told = await exchange(pieces, requests.length);
      // Lengths of chunks are between heads and contents, not in these.
      const answers = requests.map((one) => `<${one.content.length}:${one.content}>`);
      let from = 0;
      for (const answer of answers) {
        from = told.indexOf(answer, from) + answer.length;
        expect(from).toBeGreaterThanOrEqual(answer.length);
      }
    }),
    { numRuns: 150 },
  );
  // A head that is cut within the four bytes of its end lets the next one by.
  expect(most).toBeLessThanOrEqual(2);
});

/** How much happens within one turn of the event loop at most, and in how many turns, while something goes on. */
async function watchTurns(happens: (note: () => void) => void, goesOn: () => Promise<unknown>): Promise<{ most: number; turns: number }> {
  let [inThis, most, turns] = [0, 0, 0];
  happens(() => {
    inThis += 1;
    most = Math.max(most, inThis);
  });
  const count = () => {
    turns += Math.min(inThis, 1);
    inThis = 0;
    next = setImmediate(count);
  };
  let next = setImmediate(count);
  await goesOn();
  clearImmediate(next);
  return { most, turns };
}

it('are begun over many turns of the event loop, those of many connections with several in a piece', async () => {
  const { turns, most } = await watchTurns(
    (note) =>
      setHandler(server, (_incoming, response) => {
        note();
        for (const end = performance.now() + 1; performance.now() < end; );
        response.end();
      }),
    () => Promise.all(Array.from({ length: 30 }, () => exchange([GET.repeat(10)], 10))),
  );
  expect(turns).toBeGreaterThan(50);
  expect(most).toBeLessThan(20);
});

it('are read over many turns of the event loop where each byte of their content is a chunk', async () => {
  setHandler(server, (incoming, response) => incoming.resume().on('end', () => response.end()));
  const { push } = CompactRequest.prototype;
  const { most } = await watchTurns(
    (note) => {
      CompactRequest.prototype.push = function (this: CompactRequest, ...of) {
        note();
        return push.apply(this, of);
      };
    },
    () => {
      const sent = `POST / HTTP/1.1\r\nHost:a\r\nTransfer-Encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(10_000)}0\r\n\r\n`;
      return Promise.all(Array.from({ length: 30 }, () => exchange([sent], 1)));
    },
  );
  CompactRequest.prototype.push = push;
  // Of the 300,000 that came at the same moment.
  expect(most).toBeLessThan(10_000);
});

it('are given up over many turns of the event loop where the connections of many break off at the same moment', async () => {
  let handled = 0;
  let givenUp = 0;
  const { most } = await watchTurns(
    (note) =>
      setHandler(server, (incoming) => {
        handled += 1;
        contentOf(incoming).catch(() => {
          note();
          givenUp += 1;
          for (const end = performance.now() + 0.5; performance.now() < end; );
        });
      }),
    async () => {
      const sockets = Array.from({ length: 200 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
      for (const socket of sockets) socket.write('POST / HTTP/1.1\r\nHost:a\r\nContent-Length: 9\r\n\r\nhalf');
      while (handled < sockets.length) await sleep(1);
      for (const socket of sockets) socket.resetAndDestroy();
      while (givenUp < sockets.length) await sleep(1);
    },
  );
  expect(most).toBeLessThan(20);
});

it('take turns by whom a proxy says that they come from, once their heads have been read', async () => {
  setHandler(server, (incoming, response) => incoming.resume().on('end', () => response.end()), { trustProxy: 1 });
  const { run } = Pace.prototype;
  const sources: string[] = [];
  Pace.prototype.run = function (this: Pace, work, how) {
    sources.push(how?.source?.() ?? '');
    return run.call(this, work, how);
  };
  const headOf = (address: string, length: string) => `POST / HTTP/1.1\r\nHost:a\r\nX-Forwarded-For: ${address}\r\n${length}\r\n\r\n`;
  await exchange([headOf('192.0.2.1', 'Transfer-Encoding: chunked'), '1\r\nx\r\n', '0\r\n\r\n'], 1);
  await exchange([headOf('198.51.100.1', 'Content-Length: 9000') + 'x'.repeat(9_000)], 1);
  Pace.prototype.run = run;
  const [proxy, ...senders] = ['127.0.0.1', '192.0.2.1', '198.51.100.1'].map((address) => addressOf(address).network);
  expect([...new Set(sources)]).toEqual([proxy, ...senders]);
  // The first piece of each, of which nothing is known.
  expect(sources.filter((source) => source === proxy)).toHaveLength(2);
});

it('are refused before all of their headers are kept, when these are very many', async () => {
  let handled = 0;
  setHandler(server, (_incoming, response) => {
    handled += 1;
    response.end();
  });
  const headOf = (count: number) => `GET / HTTP/1.1\r\nHost:a\r\n${'a:\r\n'.repeat(count)}\r\n`;
  expect(await exchange([headOf(MOST_HEADERS + 1)], 1)).toContain('200 OK');
  expect(await exchange([headOf(3_900)], 1)).toContain('431 ');
  expect(handled).toBe(1);
});

it.each([GET, 'GET / HTTP/1.1\r\nHost:a\r\nExpect: rubbish\r\n\r\n'])(
  'whose answers nobody takes are left unread, and others are answered (%j)',
  async (text) => {
    let handled = 0;
    setHandler(server, (_incoming, response) => {
      handled += 1;
      response.end('x'.repeat(10_000));
    });
    const greedy = connect(port, '127.0.0.1').pause();
    greedy.on('error', () => undefined).write(text.repeat(200_000));
    await sleep(500);
    expect(handled).toBeLessThan(5_000);
    expect(await exchange([GET], 1)).toContain('200 OK');
    greedy.destroy();
  },
);

it('over a connection that has closed are not begun', async () => {
  let handled = 0;
  const held = Promise.withResolvers<void>();
  setHandler(server, async (incoming, response) => {
    handled += 1;
    incoming.socket.once('close', held.resolve);
    await held.promise;
    response.end();
  });
  const socket: Socket = connect(port, '127.0.0.1').on('error', () => undefined);
  socket.write(GET.repeat(50));
  while (handled === 0) await sleep(1);
  socket.resetAndDestroy();
  // What waits is not read from, so its end is seen when the next would be.
  server.closeAllConnections();
  await held.promise;
  await sleep(50);
  expect(handled).toBe(1);
});

it('are all answered that came before a server ended, and the last one says that the connection closes', async () => {
  const ending = createHttpServer();
  await listen(ending, { port: 0, host: '127.0.0.1' });
  // It takes longer than those are left that are idle.
  setHandler(ending, (_incoming, response) => setTimeout(() => response.end(), 1));
  const socket = connect((ending.address() as { port: number }).port, '127.0.0.1');
  let told = '';
  socket.on('data', (data) => (told += data));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write(GET.repeat(1_500));
  while (told === '') await sleep(1);
  await drain(ending);
  await closed;
  const answers = told.split('HTTP/1.1 200 OK').slice(1);
  expect(answers).toHaveLength(1_500);
  expect(answers.map((answer) => answer.includes('Connection: close')).lastIndexOf(false)).toBe(1_498);
});

it('ends whoever takes too long with a head soon after, and not all of some seconds at once', async () => {
  const slow = createHttpServer();
  slow.headersTimeout = 300;
  await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve));
  const open = async () => {
    const socket = connect({ port: (slow.address() as { port: number }).port, host: '127.0.0.1' }).on('error', () => undefined);
    await new Promise((resolve) => socket.write('GET / HTTP/1.1\r\nHost:a', resolve));
    return new Promise((resolve) => socket.resume().once('close', resolve));
  };
  // Of those that come every tenth of a second some are under way whenever another ends.
  const happened: string[] = [];
  const ends: Promise<unknown>[] = [];
  for (let number = 0; number < 12; number += 1) {
    happened.push('comes');
    ends.push(open().then(() => happened.push('goes')));
    await sleep(100);
  }
  await Promise.all(ends);
  await new Promise((resolve) => slow.close(resolve).closeAllConnections());
  expect(happened.indexOf('goes')).toBeLessThan(happened.lastIndexOf('comes'));
});
