import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { connect as connectTcp, createServer, type Server as TcpServer } from 'node:net';
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
const RECORD_HEAD = 5;

let authority: Authority;
let server: Server;
let front: SecureFront;
let port: number;
let pair: { cert: Buffer; key: Buffer };
const logLines: string[] = [];
const log = pino({ ...LOG_RULES, level: 'debug' }, { write: (line) => logLines.push(line) });

const pairOf = (name: string) => {
  const { certificate, key } = authority.sign(name, 'DNS:localhost,DNS:mtls.localhost');
  return { certificate: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') };
};

beforeAll(async () => {
  authority = createAuthority();
  server = createHttpServer();
  front = new SecureFront(server, pairOf('first'), { mtlsHostPrefix: 'mtls.', log });
  setHandler(server, (request, response) => {
    const { subject } = (request.socket as TLSSocket).getPeerCertificate() ?? {};
    request.resume().on('end', () => response.end(`by ${subject?.CN ?? 'nobody'}\n`));
  });
  port = await freePort();
  await listen(server, { port, host: '127.0.0.1' });
  const { certificate, key } = pairOf('client');
  pair = { cert: Buffer.from(certificate), key: Buffer.from(key) };
});
afterAll(async () => {
  await drain(server, { withinMs: 0 });
  authority.remove();
});

const shake = (options: ConnectionOptions = {}): Promise<TLSSocket> =>
  new Promise((resolve, reject) => {
    const from = { port, host: '127.0.0.1', ca: readFileSync(authority.ca), ...options };
    const socket = connect(from, () => resolve(socket));
    socket.on('error', reject);
  });
/** Whom the server sees who shows a certificate wherever they are asked for one. */
async function seenBy(options: ConnectionOptions): Promise<string> {
  const socket = await shake({ ...pair, ...options });
  let told = '';
  socket.on('data', (chunk) => (told += chunk));
  socket.write(GET);
  await until(() => told.endsWith('\n'));
  socket.destroy();
  return told.split('\r\n\r\n')[1] as string;
}
const connections = () => new Promise<number>((resolve) => front.listener.getConnections((_, count) => resolve(count)));

/** Stands between, and sends the first that a client does in another way. */
async function between(send: (hello: Buffer, write: (piece: Buffer) => Promise<void>) => Promise<void>): Promise<TcpServer> {
  const proxy = createServer((client) => {
    const upstream = connectTcp({ port, host: '127.0.0.1', noDelay: true });
    for (const socket of [client, upstream]) socket.on('error', () => undefined);
    upstream.pipe(client);
    client.once('data', async (hello: Buffer) => {
      client.pause();
      // What comes soon after other pieces is read together with them.
      const soon = (then: () => void, { length }: Buffer) => (length === 1 ? setImmediate(then) : setTimeout(then, 20));
      await send(hello, (piece) => new Promise((resolve) => upstream.write(piece, () => soon(resolve, piece))));
      client.pipe(upstream);
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return proxy;
}
const portOf = (proxy: TcpServer) => (proxy.address() as { port: number }).port;

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('%s', (version) => {
  const only = { minVersion: version, maxVersion: version };

  it.each([
    ['mtls.localhost', 'client'],
    ['MTLS.LocalHost', 'client'],
    ['localhost', 'nobody'],
    ['xmtls.localhost', 'nobody'],
    ['mtls', 'nobody'],
    ['', 'nobody'],
  ])('whoever asks for %j is seen as %s', async (servername, seen) => {
    const options = { ...only, servername, checkServerIdentity: () => undefined };
    expect(await seenBy(options)).toBe(`by ${seen}\n`);
  });

  it('OpenSSL is asked for a certificate by the name alone', async () => {
    const asked = async (...args: string[]) => {
      const told = run('openssl', [
        's_client',
        '-msg',
        version === 'TLSv1.2' ? '-tls1_2' : '-tls1_3',
        '-connect',
        `127.0.0.1:${port}`,
        ...args,
      ]);
      told.child.stdin?.end();
      const { stdout } = await told;
      expect(stdout).toMatch(/Handshake \[length [0-9a-f]+\], Finished/);
      return /Handshake \[length [0-9a-f]+\], CertificateRequest/.test(stdout);
    };
    expect(await asked('-servername', 'mtls.localhost')).toBe(true);
    expect(await asked('-servername', 'MTLS.localhost')).toBe(true);
    for (const args of [['-servername', 'localhost'], ['-noservername']]) expect(await asked(...args)).toBe(false);
  });

  it.each([
    ['byte by byte', (hello: Buffer) => Array.from(hello, (byte) => Buffer.from([byte]))],
    ['in two pieces', (hello: Buffer) => [hello.subarray(0, 200), hello.subarray(200)]],
    [
      'in many records',
      (hello: Buffer) => {
        const message = hello.subarray(RECORD_HEAD);
        const parts = [];
        for (let at = 0; at < message.length; at += 64) {
          const part = message.subarray(at, at + 64);
          parts.push(Buffer.concat([hello.subarray(0, 3), Buffer.from([0, part.length]), part]));
        }
        return parts;
      },
    ],
  ])('a hello may come %s', async (_how, split) => {
    let pieces = 0;
    const proxy = await between(async (hello, write) => {
      for (const piece of split(hello)) {
        pieces += 1;
        await write(piece);
      }
    });
    for (const [servername, seen] of [
      ['mtls.localhost', 'client'],
      ['localhost', 'nobody'],
    ])
      expect(await seenBy({ ...only, port: portOf(proxy), servername: servername as string })).toBe(`by ${seen}\n`);
    expect(pieces).toBeGreaterThanOrEqual(4);
    proxy.close();
  });
});

/** OpenSSL has keys that no quantum computer finds from 3.5 on. */
const LARGE_KEYS = Number.parseFloat(process.versions.openssl) >= 3.5 ? { ecdhCurve: 'X25519MLKEM768' } : {};

it.each<[string, ConnectionOptions]>([
  ['large keys', LARGE_KEYS],
  ['many protocols', { ALPNProtocols: ['http/1.1', ...Array(8).fill('x'.repeat(200))] }],
])('a hello with %s may be longer than a segment', async (_what, options) => {
  let length = 0;
  const proxy = await between(async (hello, write) => {
    length = hello.length;
    await write(hello.subarray(0, 1400));
    await write(hello.subarray(1400));
  });
  expect(await seenBy({ port: portOf(proxy), servername: 'mtls.localhost', ...options })).toBe('by client\n');
  if (options !== LARGE_KEYS || 'ecdhCurve' in options) expect(length).toBeGreaterThan(1400);
  proxy.close();
});

it('what cannot be read is refused as ever, and the log tells nothing of it', async () => {
  const from = logLines.length;
  const tell = (bytes: Buffer) =>
    new Promise<void>((resolve) => {
      const socket = connectTcp(port, '127.0.0.1').on('error', () => undefined);
      socket.resume().once('close', () => resolve());
      socket.write(bytes);
    });
  const record = (content: Buffer) => Buffer.concat([Buffer.from([22, 3, 1, content.length >> 8, content.length & 255]), content]);
  await tell(Buffer.from('GET /secret-of-somebody HTTP/1.1\r\n\r\n'));
  await tell(record(Buffer.from([1, 0, 0, 4, 1, 2, 3, 4])));
  await tell(Buffer.alloc(100_000, 'x'));
  await tell(Buffer.concat(Array(9).fill(record(Buffer.concat([Buffer.from([1, 0, 0xff, 0xff]), Buffer.alloc(8000)])))));
  await until(() => logLines.length >= from + 4);
  expect(logLines.slice(from).filter((line) => !/"level":20,.*"code":"\w+","msg":"a TLS handshake failed"/.test(line))).toEqual([]);
  expect(logLines.slice(from).join('')).toContain('ERR_SSL_HTTP_REQUEST');
});

it('who sends a part is forgotten: at the end, when it breaks off, and after ten seconds', async () => {
  await until(async () => (await connections()) === 0);
  const begun = performance.now();
  const part = (then: 'end' | 'resetAndDestroy' | 'pause') => {
    const socket = connectTcp(port, '127.0.0.1').on('error', () => undefined);
    socket.resume().write(Buffer.from([22, 3, 1, 2, 0, 1]), () => socket[then]());
    return socket;
  };
  const [ended, , slow] = [part('end'), part('resetAndDestroy'), part('pause')];
  slow.resume();
  const drip = setInterval(() => slow.write('x'), 500);
  await until(() => ended.closed);
  await until(async () => (await connections()) === 1);
  expect(performance.now() - begun).toBeLessThan(9_000);
  await until(() => slow.closed);
  clearInterval(drip);
  expect(performance.now() - begun).toBeGreaterThan(9_000);
  await until(async () => (await connections()) === 0);
});

it('who has sent all and waits is answered', async () => {
  const socket = await shake({ servername: 'localhost', allowHalfOpen: true } as ConnectionOptions);
  let told = '';
  socket.on('data', (chunk) => (told += chunk));
  socket.end(GET);
  await until(() => told.endsWith('by nobody\n'));
  await until(() => socket.closed);
});

it('another certificate is seen by either name', async () => {
  front.renew(pairOf('second'));
  for (const servername of ['localhost', 'mtls.localhost']) {
    const socket = await shake({ servername });
    expect(socket.getPeerCertificate().subject.CN).toBe('second');
    socket.destroy();
  }
});

it('a server that ends waits for nobody of whom a part has come', async () => {
  const ending = createHttpServer();
  new SecureFront(ending, pairOf('first'), { mtlsHostPrefix: 'mtls.', log });
  const at = await freePort();
  await listen(ending, { port: at, host: '127.0.0.1' });
  const half = connectTcp(at, '127.0.0.1').on('error', () => undefined);
  half.resume().write(Buffer.from([22, 3, 1, 2, 0, 1]));
  await new Promise((resolve) => half.once('connect', () => setTimeout(resolve, 50)));
  await drain(ending, { withinMs: 60_000 });
  await until(() => half.closed);
});
