import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { parseNetwork } from '../../src/platform/http/networks.js';
import { type LookUp, Outbound, Unreachable } from '../../src/platform/http/outbound.js';
import { nextSlice } from '../../src/platform/queues/slices.js';

/** Answers with these addresses, one list a question. Nothing here is connected to that is not on the loopback. */
function answering(...answers: string[][]): { lookUp: LookUp; asked: string[] } {
  const asked: string[] = [];
  const lookUp: LookUp = (hostname, done) => {
    const addresses = answers[Math.min(asked.length, answers.length - 1)] ?? [];
    asked.push(hostname);
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
  return { lookUp, asked };
}

const listed = (...texts: string[]) => texts.flatMap((text) => parseNetwork(text) ?? []);
const EACH = listed('127.0.0.1', '127.0.0.2', '127.0.0.3', '::1');
const folder = mkdtempSync(join(tmpdir(), 'latchkey-outbound-'));
const received: IncomingMessage[] = [];
let connections = 0;
let resumed = 0;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let secure: Server;
let plain: Server;
let ownCertificates: string[];
let identity: { key: Buffer; cert: Buffer };

const portOf = (server: Server) => (server.address() as AddressInfo).port;
const listen = (server: Server, host: string) => new Promise<void>((resolve) => server.listen(0, host, resolve));
const take = (request: IncomingMessage, response: ServerResponse) => {
  received.push(request);
  answer(request, response);
};

beforeAll(async () => {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const names = 'subjectAltName=DNS:id.example.com,IP:127.0.0.1';
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-x509', '-days', '2'];
  execFileSync('openssl', ['req', ...curve, '-subj', '/CN=id.example.com', '-addext', names, '-keyout', key, '-out', cert], {
    stdio: 'pipe',
  });
  identity = { key: readFileSync(key), cert: readFileSync(cert) };
  secure = createTlsServer(identity, take);
  secure.on('secureConnection', (socket: tls.TLSSocket) => {
    connections += 1;
    if (socket.isSessionReused()) resumed += 1;
  });
  plain = createServer(take);
  await Promise.all([listen(secure, '127.0.0.1'), listen(plain, '127.0.0.1')]);
  ownCertificates = tls.getCACertificates();
  tls.setDefaultCACertificates([...ownCertificates, readFileSync(cert, 'utf8')]);
});

beforeEach(() => {
  received.length = 0;
  connections = 0;
  answer = (_request, response) => response.writeHead(200, { 'content-type': 'application/json', 'x-two': ['a', 'b'] }).end('{"ok":true}');
});

afterAll(async () => {
  tls.setDefaultCACertificates(ownCertificates);
  await Promise.all([secure, plain].map((server) => new Promise((resolve) => server.close(resolve))));
  rmSync(folder, { recursive: true });
});

const away = (path = '/') => `https://id.example.com:${portOf(secure)}${path}`;
const outbound = (lookUp: LookUp, networks = listed('127.0.0.1')) => new Outbound({ allowsLoopback: false, networks, lookUp });

it('gives the answer without the headers that nobody needs, and sends what it was given', async () => {
  const { lookUp } = answering(['127.0.0.1']);
  let body = '';
  answer = (request, response) => {
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () =>
      response.writeHead(201, { 'content-type': 'text/plain', 'www-authenticate': 'x y x y', 'x-two': ['a', 'b'] }).end('done'),
    );
  };
  const response = await outbound(lookUp).fetch(away('/token?x=1'), {
    method: 'POST',
    headers: new Headers({ authorization: 'Basic eA==' }),
    body: new URLSearchParams({ code: 'a b' }),
  });
  expect([response.status, [...response.headers], await response.text()]).toEqual([201, [['content-type', 'text/plain']], 'done']);
  expect(body).toBe('code=a+b');
  expect(received[0]).toMatchObject({
    url: '/token?x=1',
    method: 'POST',
    headers: { authorization: 'Basic eA==', 'content-length': '8', 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' },
  });
});

it('connects to the address that was checked, whatever the name says when it is asked again', async () => {
  const { lookUp, asked } = answering(['127.0.0.1'], ['10.0.0.1']);
  expect((await outbound(lookUp).fetch(away(), {})).status).toBe(200);
  expect(asked).toEqual(['id.example.com']);
  const rebound = answering(['169.254.169.254'], ['127.0.0.1']);
  await expect(outbound(rebound.lookUp).fetch(away(), {})).rejects.toThrow(Unreachable);
  expect([rebound.asked.length, connections]).toEqual([1, 1]);
});

it.each([
  ['127.0.0.2'],
  ['10.0.0.1'],
  ['100.64.0.1'],
  ['169.254.169.254'],
  ['192.168.1.1'],
  ['::1'],
  ['fd00::1'],
  ['::ffff:10.0.0.1'],
  ['64:ff9b::a00:1'],
  ['192.0.2.1'],
])('connects to nothing when a name has the address %s, beside good ones too', async (address) => {
  for (const addresses of [[address], ['127.0.0.1', address], [address, '127.0.0.1']]) {
    await expect(outbound(answering(addresses).lookUp).fetch(away(), {})).rejects.toThrow(Unreachable);
  }
  expect([connections, received]).toEqual([0, []]);
});

it.each([
  ['the second, when the first refuses', ['127.0.0.2', '127.0.0.1']],
  ['the third, of both families', ['127.0.0.3', '::1', '127.0.0.1']],
  ['the first', ['127.0.0.1', '127.0.0.2']],
])('takes of several addresses of a name %s', async (_, addresses) => {
  const asked = outbound(answering(addresses).lookUp, EACH);
  expect((await asked.fetch(away(), {})).status).toBe(200);
  expect(connections).toBe(1);
});

it('says so when none of several addresses answers', async () => {
  const asked = outbound(answering(['127.0.0.2', '::1', '127.0.0.3']).lookUp, EACH);
  await expect(asked.fetch(away(), {})).rejects.toThrow(Unreachable);
});

it('ends while it waits for one that says nothing', async () => {
  const silent = createTcpServer((socket) => socket.on('error', () => undefined).resume());
  await listen(silent, '127.0.0.1');
  const { port } = silent.address() as AddressInfo;
  const asked = outbound(answering(['127.0.0.2', '127.0.0.1']).lookUp, EACH);
  await expect(asked.fetch(`https://id.example.com:${port}/`, { signal: AbortSignal.timeout(500) })).rejects.toThrow(Unreachable);
  await new Promise((resolve) => silent.close(resolve));
});

it('ends while it looks up a name about which nobody says anything', async () => {
  await expect(outbound(() => undefined).fetch(away(), {})).rejects.toThrow(Unreachable);
  await expect(
    new Outbound({ allowsLoopback: true, networks: [], lookUp: () => undefined }).fetch(`http://localhost:${portOf(plain)}/`, {}),
  ).rejects.toThrow(Unreachable);
});

it('asks nothing of a name without an address', async () => {
  await expect(outbound(answering([]).lookUp).fetch(away(), {})).rejects.toThrow(Unreachable);
  const failing: LookUp = (_hostname, done) => done(new Error('ENOTFOUND'), []);
  await expect(outbound(failing).fetch(away(), {})).rejects.toThrow(Unreachable);
});

it('holds an address that stands in the URL to the same rules', async () => {
  const { lookUp, asked } = answering(['127.0.0.1']);
  const guard = outbound(lookUp, []);
  for (const host of ['127.0.0.1', '[::1]', '10.0.0.1', '0x7f.1', '2130706433', '[::ffff:127.0.0.1]', '169.254.169.254', '0'])
    expect([host, guard.permits(`https://${host}:${portOf(secure)}/`)]).toEqual([host, false]);
  await expect(guard.fetch(`https://127.0.0.1:${portOf(secure)}/`, {})).rejects.toThrow(Unreachable);
  expect([asked, connections]).toEqual([[], 0]);
  expect((await outbound(lookUp).fetch(`https://127.0.0.1:${portOf(secure)}/`, {})).status).toBe(200);
});

it('takes up no session of an earlier connection', async () => {
  const { lookUp } = answering(['127.0.0.1']);
  const guard = outbound(lookUp);
  for (let time = 0; time < 4; time += 1) await guard.fetch(away(), {});
  expect([connections, resumed]).toEqual([4, 0]);
});

it('does without TLS on the loopback alone, where that is allowed', async () => {
  const url = `http://localhost:${portOf(plain)}/`;
  const allowing = (lookUp: LookUp) => new Outbound({ allowsLoopback: true, networks: listed('10.0.0.0/8'), lookUp });
  expect((await allowing(answering(['127.0.0.1']).lookUp).fetch(url, {})).status).toBe(200);
  await expect(allowing(answering(['10.0.0.1']).lookUp).fetch(url, {})).rejects.toThrow(Unreachable);
  await expect(allowing(answering(['8.8.8.8']).lookUp).fetch(url, {})).rejects.toThrow(Unreachable);
  const guard = outbound(answering(['127.0.0.1']).lookUp);
  await expect(guard.fetch(url, {})).rejects.toThrow(Unreachable);
  for (const other of ['http://id.example.com/', 'ftp://id.example.com/', 'https://user:word@id.example.com/', 'javascript:alert(1)', 'x'])
    expect([other, allowing(answering(['127.0.0.1']).lookUp).permits(other)]).toEqual([other, false]);
});

it('takes what is cut into many pieces for as long as most of it is content', async () => {
  const { lookUp } = answering(['127.0.0.1']);
  const inPieces = (count: number, text: string) => {
    answer = (_request, response) => {
      response.writeHead(200);
      for (let piece = 0; piece < count; piece += 1) response.write(text);
      response.end();
    };
    return outbound(lookUp).fetch(away(), {});
  };
  const value = `"${'x'.repeat(97)}",`;
  expect(await (await inPieces(3_000, 'x')).text()).toBe('x'.repeat(3_000));
  expect(await (await inPieces(2_500, value)).text()).toBe(value.repeat(2_500));
  await expect(inPieces(20_000, 'x')).rejects.toMatchObject(TOO_LARGE);
});

it.each([
  ['was reset', 200, (socket: Socket) => socket.resetAndDestroy()],
  ['was reset', 204, (socket: Socket) => socket.resetAndDestroy()],
  ['ended', 200, (socket: Socket) => socket.end()],
])(
  'takes an answer that came whole before its connection %s, with status %i, however long others keep it waiting',
  async (_how, status, finish) => {
    const { lookUp } = answering(['127.0.0.1']);
    answer = (_request, response) => {
      const text = status === 200 ? JSON.stringify('x'.repeat(19_998)) : '';
      const head = text ? { 'content-length': text.length } : {};
      response.writeHead(status, head).end(text, () => setTimeout(() => response.socket && finish(response.socket), 5));
    };
    let isOver = false;
    const others = Array.from({ length: 20 }, async () => {
      while (!isOver) await nextSlice();
    });
    const answers = Array.from({ length: 20 }, async () => (await outbound(lookUp).fetch(away(), {})).text());
    expect((await Promise.allSettled(answers)).filter(({ status }) => status === 'rejected')).toEqual([]);
    isOver = true;
    await Promise.all(others);
  },
);

it('takes what TLS cuts into many records for as long as most of it is content', async () => {
  const inRecords = async (count: number, text: string) => {
    const server = tls.createServer(identity, (socket) => {
      socket.on('error', () => {});
      socket.once('data', () => {
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${count * text.length}\r\n\r\n`);
        // What is written before the last one is out goes into one record with it.
        const write = (left: number) => left > 0 && socket.write(text, () => write(left - 1));
        write(count);
      });
    });
    await listen(server, '127.0.0.1');
    const asked = outbound(answering(['127.0.0.1']).lookUp).fetch(`https://id.example.com:${portOf(server)}/`, {});
    return asked.then((response) => response.text()).finally(() => server.close());
  };
  const value = `"${'x'.repeat(197)}",`;
  expect(await inRecords(500, 'x')).toBe('x'.repeat(500));
  expect(await inRecords(1_000, value)).toBe(value.repeat(1_000));
  await expect(inRecords(6_000, 'x')).rejects.toMatchObject(TOO_LARGE);
});

it('follows no redirect', async () => {
  answer = (_request, response) => response.writeHead(302, { location: away('/elsewhere') }).end();
  await expect(outbound(answering(['127.0.0.1']).lookUp).fetch(away(), {})).rejects.toThrow(Unreachable);
  expect(received.map(({ url }) => url)).toEqual(['/']);
});

it('reads no more than it has to of an answer without end', async () => {
  answer = (_request, response) => {
    response.writeHead(200);
    const more = () => {
      while (response.write(Buffer.alloc(64 * 1024)));
    };
    response.on('drain', more);
    more();
  };
  await expect(outbound(answering(['127.0.0.1']).lookUp).fetch(away(), {})).rejects.toThrow(Unreachable);
});

it('reads no answer of more values than anybody needs, which cost whoever copies them', async () => {
  const values = (count: number) => JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, {}])));
  const ask = () => outbound(answering(['127.0.0.1']).lookUp).fetch(away(), {});
  answer = (_request, response) => response.end(values(2_400));
  expect(Object.keys((await (await ask()).json()) as object)).toHaveLength(2_400);
  answer = (_request, response) => response.end(values(2_600));
  await expect(ask()).rejects.toThrow(Unreachable);
});

it('reads no answer with a token that is longer than anybody needs: it is parsed as well', async () => {
  const ask = () => outbound(answering(['127.0.0.1']).lookUp).fetch(away(), {});
  for (const length of [40_000, 60_000]) {
    answer = (_request, response) => response.end(JSON.stringify({ id_token: 'x'.repeat(length), token_type: 'Bearer' }));
    if (length < 50_000) expect(await (await ask()).json()).toMatchObject({ token_type: 'Bearer' });
    else await expect(ask()).rejects.toThrow(Unreachable);
  }
});

it('takes no part of an answer for the whole that ends with its connection, which is ended here', async () => {
  answer = ({ url }, response) => {
    response.useChunkedEncodingByDefault = false;
    response.writeHead(200, { connection: 'close' });
    response.write('{"a":1}');
    if (url === '/whole') setTimeout(() => response.end(), 50);
  };
  const asked = new Outbound({ allowsLoopback: true, networks: [] });
  const address = `http://127.0.0.1:${portOf(plain)}`;
  expect(await (await asked.fetch(`${address}/whole`, {})).text()).toBe('{"a":1}');
  await expect(asked.fetch(`${address}/part`, {})).rejects.toThrow(Unreachable);
});

it.each(['', 'transfer-encoding: identity\r\n', 'transfer-encoding: chunked, identity\r\n'])(
  'takes no part of an answer for the whole that ends with its connection, which was reset: %j',
  async (header) => {
    const { lookUp } = answering(['127.0.0.1']);
    const breakOff = (socket: Socket | tls.TLSSocket, raw: Socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.write(`HTTP/1.1 200 OK\r\n${header}\r\n{"a":1`, () => setTimeout(() => raw.resetAndDestroy(), 5)));
    };
    const raw = new Map<number | undefined, Socket>();
    const servers = [createTcpServer((socket) => breakOff(socket, socket))];
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const server = tls.createServer({ ...identity, maxVersion }, (socket) => breakOff(socket, raw.get(socket.remotePort) as Socket));
      server.on('connection', (socket: Socket) => raw.set(socket.remotePort, socket));
      servers.push(server);
    }
    for (const [index, server] of servers.entries()) {
      await listen(server, '127.0.0.1');
      const asked = new Outbound({ allowsLoopback: true, networks: listed('127.0.0.1'), lookUp });
      const url = index === 0 ? `http://localhost:${portOf(server)}/` : `https://id.example.com:${portOf(server)}/`;
      await expect(asked.fetch(url, {})).rejects.toThrow(Unreachable);
      server.close();
    }
  },
);

it('takes an answer without a body', async () => {
  answer = (_request, response) => response.writeHead(204).end();
  expect((await outbound(answering(['127.0.0.1']).lookUp).fetch(away(), {})).status).toBe(204);
});

it('ends when it is told to', async () => {
  answer = () => undefined;
  const ending = new AbortController();
  const waiting = outbound(answering(['127.0.0.1']).lookUp).fetch(away(), { signal: ending.signal });
  ending.abort();
  await expect(waiting).rejects.toThrow(Unreachable);
});

/** And not because of the time that it took. Of an answer that has begun Node says so in its own way. */
const TOO_LARGE = { name: 'Unreachable', cause: { message: expect.stringMatching(/^(the answer is too large|aborted)$/) } };

it('reads no more than an answer may have of what TLS says by itself', async () => {
  const files = ['-cert', join(folder, 'cert.pem'), '-key', join(folder, 'key.pem')];
  const server = spawn('openssl', ['s_server', '-accept', '127.0.0.1:0', ...files, '-tls1_3', '-num_tickets', '2000000']);
  const port = await new Promise<string>((resolve) => {
    let told = '';
    server.stdout.on('data', (data) => {
      told += data;
      const found = /ACCEPT 127\.0\.0\.1:(\d+)/.exec(told)?.[1];
      if (found) resolve(found);
    });
  });
  const asked = new Outbound({ allowsLoopback: true, networks: [] }).fetch(`https://127.0.0.1:${port}/`, {});
  await expect(asked).rejects.toMatchObject(TOO_LARGE);
  server.kill();
});

it.each([
  ['ends of chunks', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', `1;${'x'.repeat(15_000)}\r\na\r\n`],
  ['answers that only inform', '', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(500)],
  ['answers that only inform, with headers', '', `HTTP/1.1 103 Early Hints\r\n${'a: b\r\n'.repeat(1_900)}\r\n`],
])('reads no more than an answer may have, of %s without end as well', async (_, head, piece) => {
  let bytes = 0;
  const answerEndlessly = (socket: Socket) => {
    const send = () => {
      while (!socket.destroyed) {
        bytes += piece.length;
        if (!socket.write(piece)) return;
      }
    };
    socket.on('error', () => {}).on('drain', send);
    socket.once('data', () => {
      socket.write(head);
      send();
    });
  };
  for (const [scheme, endless] of [
    ['http', createTcpServer(answerEndlessly)],
    ['https', tls.createServer(identity, answerEndlessly)],
  ] as const) {
    await listen(endless, '127.0.0.1');
    bytes = 0;
    const asked = new Outbound({ allowsLoopback: true, networks: [] }).fetch(`${scheme}://127.0.0.1:${portOf(endless)}/`, {});
    await expect(asked).rejects.toMatchObject(TOO_LARGE);
    expect(bytes).toBeGreaterThan(1_000);
    await new Promise((resolve) => endless.close(resolve));
  }
});
