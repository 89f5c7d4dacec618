import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { type AddressInfo, connect as connectTcp, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { pino } from 'pino';
import { createHttpServer, drain, listen, setHandler } from '../../src/platform/http/listener.js';
import { SecureFront } from '../../src/platform/http/secure-front.js';
import { LOG_RULES } from '../../src/platform/log.js';
import { type Authority, createAuthority } from '../../testbed/certificates.js';
import { freePort } from '../../testbed/free-port.js';
import { until } from '../../testbed/process.js';

const run = promisify(execFile);
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

let authority: Authority;
let ca: string;
let server: Server;
let front: SecureFront;
let port: number;
const logLines: string[] = [];
const log = pino({ ...LOG_RULES, level: 'debug' }, { write: (line) => logLines.push(line) });

const pairOf = (name: string) => {
  const { certificate, key } = authority.sign(name, 'DNS:localhost');
  return { certificate: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') };
};
/** Starts a server that says who shows a certificate. */
async function startServer(): Promise<{ server: Server; front: SecureFront; port: number }> {
  const started = createHttpServer();
  const itsFront = new SecureFront(started, pairOf('first'), { log });
  setHandler(started, (request, response) => {
    const { subject } = (request.socket as TLSSocket).getPeerCertificate();
    request.resume().on('end', () => response.end(`${request.method} by ${subject?.CN ?? 'nobody'}\n`));
  });
  await listen(started, { port: await freePort(), host: '127.0.0.1' });
  return { server: started, front: itsFront, port: (itsFront.listener.address() as AddressInfo).port };
}

beforeAll(async () => {
  authority = createAuthority();
  ca = readFileSync(authority.ca, 'utf8');
  ({ server, front, port } = await startServer());
});
afterAll(async () => {
  await drain(server, { withinMs: 0 });
  authority.remove();
});

/** Shakes hands. */
const shake = (options: ConnectionOptions = {}): Promise<TLSSocket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca, ...options }, () => resolve(socket));
    socket.on('error', reject);
  });
/** All that comes until the other side closes. */
async function allOf(socket: Socket): Promise<string> {
  let told = '';
  for await (const chunk of socket) told += chunk;
  return told;
}
async function ask(socket: Socket, sent = GET, answers = 1): Promise<string> {
  let told = '';
  socket.on('data', (chunk) => (told += chunk));
  socket.write(sent);
  await until(
    () => told.split('HTTP/1.1 ').length > answers && told.endsWith('\n'),
    () => told,
  );
  return told;
}
const connections = () => new Promise<number>((resolve) => front.listener.getConnections((_, count) => resolve(count)));

it.each(['TLSv1.2', 'TLSv1.3'] as const)('%s: serves who shows no certificate, and who shows any', async (version) => {
  const { certificate: cert, key } = pairOf('client');
  const options = { minVersion: version, maxVersion: version };
  for (const [shown, name] of [
    [{}, 'nobody'],
    [{ cert, key }, 'client'],
  ] as const) {
    const socket = await shake({ ...options, ...shown });
    expect(socket.getProtocol()).toBe(version);
    expect(await ask(socket)).toMatch(new RegExp(`GET by ${name}\n$`));
    socket.destroy();
  }
});

it('refuses TLS 1.1, and protocols other than HTTP/1.1', async () => {
  const openssl = (...args: string[]) => {
    const told = run('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, ...args]);
    told.child.stdin?.end();
    const textOf = ({ stdout, stderr }: { stdout: string; stderr: string }) => stdout + stderr;
    return told.then(textOf, textOf);
  };
  expect(await openssl('-tls1_1', '-cipher', 'ALL:@SECLEVEL=0')).toMatch(/alert protocol version|no protocols available/);
  expect(await openssl('-tls1_2')).toMatch(/Cipher is ECDHE/);
  await expect(shake({ ALPNProtocols: ['h2'] })).rejects.toThrow(/no application protocol|ECONNRESET/i);
  const socket = await shake({ ALPNProtocols: ['h2', 'http/1.1'] });
  expect(socket.alpnProtocol).toBe('http/1.1');
  socket.destroy();
});

it.each(['TLSv1.2', 'TLSv1.3'] as const)('%s: takes up no session again, which would bring no chain with it', async (version) => {
  const sessions: Buffer[] = [];
  const first = await shake({ minVersion: version, maxVersion: version });
  first.on('session', (session) => sessions.push(session));
  await ask(first);
  const session = sessions.at(-1) ?? first.getSession();
  // What it is given names a session that nobody keeps.
  expect([first.isSessionReused(), (first.getTLSTicket()?.length ?? 0) <= 32]).toEqual([false, true]);
  first.destroy();
  const second = await shake({ minVersion: version, maxVersion: version, ...(session && { session }) });
  expect(second.isSessionReused()).toBe(false);
  second.destroy();
});

it('lets nobody show another certificate within a connection', async () => {
  const socket = await shake({ maxVersion: 'TLSv1.2' });
  const error = await new Promise((resolve) => {
    socket.once('error', resolve);
    if (socket.renegotiate({}, (fault) => fault && resolve(fault)) === false) resolve(new Error('refused at once'));
  });
  expect(String(error)).toMatch(/no renegotiation|refused/i);
  socket.destroy();
});

it('answers requests that come in one piece, in small pieces and over a connection that is kept', async () => {
  const socket = await shake();
  const body = 'x'.repeat(20_000);
  const post = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const told = await ask(socket, `${GET}${post}${GET}`.repeat(5), 15);
  expect(told.match(/(GET|POST) by/g)?.join(' ')).toBe(Array(5).fill('GET by POST by GET by').join(' '));
  for (const character of GET) socket.write(character);
  await ask(socket, '', 1);
  socket.destroy();
});

it('answers who has sent all and waits', async () => {
  const socket = await shake({ allowHalfOpen: true } as ConnectionOptions);
  socket.end(GET);
  expect(await allOf(socket)).toMatch(/GET by nobody/);
});

it('forgets who breaks off, whenever that is, and who speaks no TLS', async () => {
  await until(async () => (await connections()) === 0);
  const from = logLines.length;
  const silent = connectTcp(port, '127.0.0.1').resume();
  const plain = connectTcp(port, '127.0.0.1')
    .on('error', () => undefined)
    .resume();
  plain.write(GET);
  const half = connectTcp(port, '127.0.0.1')
    .on('error', () => undefined)
    .resume();
  half.write(Buffer.from([22, 3, 1, 2, 0, 1]));
  const ended = connectTcp(port, '127.0.0.1')
    .on('error', () => undefined)
    .resume();
  ended.end();
  const shaken = await shake();
  await until(() => plain.closed && ended.closed);
  shaken.destroy();
  silent.destroy();
  half.resetAndDestroy();
  await until(async () => (await connections()) === 0);
  expect(logLines.slice(from).filter((line) => !/"level":20,.*"code":"\w+","msg":"a TLS handshake failed"/.test(line))).toEqual([]);
});

it('gives a handshake ten seconds, whether nothing of it came or a part', async () => {
  const begun = performance.now();
  const silent = connectTcp(port, '127.0.0.1').resume();
  const half = connectTcp(port, '127.0.0.1').resume();
  const slow = connectTcp(port, '127.0.0.1')
    .on('error', () => undefined)
    .resume();
  half.write(Buffer.from([22, 3, 1, 2, 0, 1]));
  slow.write(Buffer.from([22, 3, 1, 2, 0, 1]));
  const drip = setInterval(() => slow.write('x'), 1_000);
  await until(() => silent.closed && half.closed && slow.closed);
  clearInterval(drip);
  expect(performance.now() - begun).toBeGreaterThan(9_000);
});

it('lets who begins from then on see another certificate, and nobody else', async () => {
  const before = await shake();
  front.renew(pairOf('second'));
  const after = await shake();
  expect(after.getPeerCertificate().subject.CN).toBe('second');
  expect(await ask(before)).toMatch(/GET by/);
  await expect(shake({ maxVersion: 'TLSv1.1', minVersion: 'TLSv1' })).rejects.toThrow();
  before.destroy();
  after.destroy();
});

describe('a server that ends', () => {
  it('answers what is under way, and closes what is idle and who has not shaken hands', async () => {
    const ending = await startServer();
    const waiting: (() => void)[] = [];
    setHandler(ending.server, (_request, response) => {
      waiting.push(() => response.end('late\n'));
    });
    const [busy, idle] = [await shake({ port: ending.port }), await shake({ port: ending.port })];
    const silent = connectTcp(ending.port, '127.0.0.1')
      .on('error', () => undefined)
      .resume();
    const half = connectTcp(ending.port, '127.0.0.1')
      .on('error', () => undefined)
      .resume();
    half.write(Buffer.from([22, 3, 1, 2, 0, 1]));
    const answer = allOf(busy);
    busy.write(GET);
    await until(() => waiting.length === 1);
    const ended = drain(ending.server, { withinMs: 60_000 });
    await until(() => idle.closed && silent.closed && half.closed);
    expect(busy.closed).toBe(false);
    await expect(shake({ port: ending.port })).rejects.toThrow(/ECONNREFUSED/);
    waiting[0]?.();
    expect(await answer).toMatch(/Connection: close\r\n[\s\S]*late/);
    await ended;
  });

  it('closes everything when the time is over', async () => {
    const ending = await startServer();
    setHandler(ending.server, () => undefined);
    const busy = await shake({ port: ending.port });
    busy.on('error', () => undefined).write(GET);
    const silent = connectTcp(ending.port, '127.0.0.1')
      .on('error', () => undefined)
      .resume();
    await sleep(50);
    await drain(ending.server, { withinMs: 0 });
    await until(() => busy.closed && silent.closed);
  });
});
