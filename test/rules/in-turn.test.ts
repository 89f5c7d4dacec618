import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createHttpServer, setHandler } from '../../src/platform/http/listener.js';

const server = createHttpServer();
let port: number;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as { port: number }).port;
});
afterAll(() => new Promise((resolve) => server.close(resolve).closeAllConnections()));

const requests = (count: number) => 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(count);

/** Sends so many requests over one connection, in one piece. */
function send(count: number): { socket: Socket; isClosed: boolean; told: string } {
  const socket = connect(port, '127.0.0.1');
  const sender = { socket, isClosed: false, told: '' };
  socket.on('error', () => undefined).on('data', (data) => (sender.told += data));
  socket.once('close', () => {
    sender.isClosed = true;
  });
  socket.write(requests(count));
  return sender;
}

it('closes the connections that have had several requests under way for the longest time, and no others', async () => {
  const [held, underWay]: [(() => void)[], { count: number }] = [[], { count: 0 }];
  setHandler(server, (_request, response) => {
    underWay.count += 1;
    held.push(() => response.end('answered'));
  });
  const single = Array.from({ length: 20 }, () => send(1));
  while (underWay.count < 20) await sleep(5);
  const senders = [];
  for (let connection = 0; connection < 20; connection += 1) {
    senders.push(send(600));
    while (underWay.count < 24 + 4 * connection) await sleep(5);
  }
  // 12,020 of which 10,000 may be: what one sends in a piece is counted one by one.
  while (senders.filter(({ isClosed }) => isClosed).length < 4) await sleep(5);
  expect(senders.map(({ isClosed }) => isClosed)).toEqual([...Array(4).fill(true), ...Array(16).fill(false)]);
  // Whoever came late has room like all others, and those that were closed count no more.
  const late = send(1);
  while (!late.told.includes('answered')) {
    for (const answer of held.splice(0)) answer();
    await sleep(5);
  }
  for (const { told } of single) expect(told).toContain('answered');
  for (const { told } of senders.slice(4)) expect(told).toContain('answered');
  for (const { socket } of [...single, ...senders, late]) socket.destroy();
});
