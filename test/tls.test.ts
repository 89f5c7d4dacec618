import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { basic } from '../testbed/app.js';
import { type Authority, createAuthority } from '../testbed/certificates.js';
import { createTestDatabase, type TestDatabase } from '../testbed/database.js';
import { startProcess, type TestProcess, until } from '../testbed/process.js';
import { crewOfSize, logOf } from '../testbed/workers.js';

const run = promisify(execFile);
const SECRET = 'a-secret-of-more-than-32-characters-for-tests';
const FORM = 'grant_type=client_credentials';
/** How long a server that ends waits for what is under way. */
const LONGEST_END_MS = 9_000;

let database: TestDatabase;
let authority: Authority;
let ca: string;
let folder: string;
let number = 0;
const running: TestProcess[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  authority = createAuthority();
  ca = readFileSync(authority.ca, 'utf8');
  for (const name of ['first', 'second', 'client']) authority.sign(name, 'DNS:localhost,IP:127.0.0.1');
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-tls-'));
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop('SIGKILL')));
  rmSync(folder, { recursive: true });
});
afterAll(async () => {
  authority.remove();
  await database.remove();
});

const signed = (name: string, kind: 'pem' | 'key') => join(authority.ca, '..', `${name}.${kind}`);
/** The files that the server is started with. */
const files = () => ({ TLS_CERT_FILE: join(folder, 'tls.crt'), TLS_KEY_FILE: join(folder, 'tls.key') });
function put(name: string, { key = name }: { key?: string } = {}): void {
  copyFileSync(signed(name, 'pem'), files().TLS_CERT_FILE);
  copyFileSync(signed(key, 'key'), files().TLS_KEY_FILE);
}

async function start(settings: Record<string, string> = {}): Promise<TestProcess> {
  const server = await startProcess(database, { ADMIN_CLIENT_SECRET: SECRET, ...files(), ...settings });
  running.push(server);
  await server.ready();
  return server;
}

/** Shakes hands. */
const shake = ({ port }: TestProcess): Promise<TLSSocket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca }, () => resolve(socket));
    socket.on('error', reject);
  });
/** Which of the certificates the server shows now. */
async function shown(server: TestProcess): Promise<string> {
  const socket = await shake(server);
  const name = socket.getPeerCertificate().subject.CN as string;
  socket.destroy();
  return name;
}
const tokenRequest = ({ port }: TestProcess, headers: Record<string, string> = {}) =>
  [
    'POST /connect/token HTTP/1.1',
    `Host: localhost:${port}`,
    `Authorization: ${basic('admin', SECRET)}`,
    'Content-Type: application/x-www-form-urlencoded',
    `Content-Length: ${FORM.length}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    '',
    FORM,
  ].join('\r\n');
const told = (server: TestProcess, msg: string) => logOf(server).filter((line) => line.msg === msg);

/** Asks for a token over a connection of its own. */
async function askForToken(
  server: TestProcess,
  {
    headers = {},
    ...options
  }: { headers?: Record<string, string>; cert?: Buffer; key?: Buffer; localAddress?: string; agent?: Agent } = {},
): Promise<{ status: number | undefined; requestId: string; body: Record<string, string> }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        agent: false,
        host: '127.0.0.1',
        port: server.port,
        servername: 'localhost',
        ca,
        path: '/connect/token',
        method: 'POST',
        headers: {
          host: `localhost:${server.port}`,
          authorization: basic('admin', SECRET),
          'content-type': 'application/x-www-form-urlencoded',
          ...headers,
        },
        ...options,
      },
      async (response) => {
        let text = '';
        for await (const chunk of response) text += chunk;
        resolve({ status: response.statusCode, requestId: String(response.headers['x-request-id']), body: JSON.parse(text) });
      },
    );
    sent.on('error', reject).end(FORM);
  });
}

it('gives tokens over https, to curl and to Node, with a certificate of the client and without', async () => {
  put('first');
  const server = await start();
  await until(() => told(server, 'ready').length > 0);
  expect(told(server, 'ready')).toMatchObject([{ issuer: `https://localhost:${server.port}` }]);
  const curl = (...args: string[]) =>
    run('curl', [
      '-sS',
      '--noproxy',
      '*',
      '--cacert',
      authority.ca,
      '-u',
      `admin:${SECRET}`,
      '-d',
      FORM,
      ...args,
      `${server.url}/connect/token`,
    ]);
  const pair = ['--cert', signed('client', 'pem'), '--key', signed('client', 'key')];
  for (const args of [[], ['--tls-max', '1.2'], pair]) {
    expect(JSON.parse((await curl(...args)).stdout)).toMatchObject({ token_type: 'Bearer' });
  }
  await expect(curl('--tlsv1.0', '--tls-max', '1.1', '--ciphers', 'DEFAULT:@SECLEVEL=0')).rejects.toThrow(/protocol|TLS|SSL/);
  const [cert, key] = [readFileSync(signed('client', 'pem')), readFileSync(signed('client', 'key'))];
  for (const options of [{}, { cert, key }]) expect(await askForToken(server, options)).toMatchObject({ status: 200 });
  await expect(fetch(`http://localhost:${server.port}/health/ready`)).rejects.toThrow();
});

it('answers what comes in one piece, slowly, or over a connection that is kept, and tells who shakes no hands nothing', async () => {
  put('first');
  const server = await start({ LOG_LEVEL: 'debug' });
  const plain = connectTcp(server.port, '127.0.0.1')
    .on('error', () => undefined)
    .resume();
  plain.write('GET /secret-of-somebody HTTP/1.1\r\n\r\n');
  const socket = await shake(server);
  let answer = '';
  socket.on('data', (chunk) => (answer += chunk));
  const answered = (count: number) =>
    until(
      () => (answer.match(/"access_token"/g) ?? []).length === count,
      () => answer,
    );
  socket.write(tokenRequest(server).repeat(3));
  await answered(3);
  const slow = tokenRequest(server);
  for (const part of [slow.slice(0, 20), slow.slice(20, -3), slow.slice(-3, -1), slow.slice(-1)]) {
    await new Promise((resolve) => socket.write(part, resolve));
    await askForToken(server);
  }
  await answered(4);
  await until(() => plain.closed);
  await until(() => told(server, 'a TLS handshake failed').length > 0);
  expect(told(server, 'a TLS handshake failed')).toEqual([expect.objectContaining({ level: 'debug', code: 'ERR_SSL_HTTP_REQUEST' })]);
  expect(server.output()).not.toContain('secret-of-somebody');
  socket.destroy();
});

it('answers what is under way when it is stopped, and waits for nobody who has not shaken hands', async () => {
  put('first');
  const server = await start();
  const silent = connectTcp(server.port, '127.0.0.1')
    .on('error', () => undefined)
    .resume();
  const half = connectTcp(server.port, '127.0.0.1')
    .on('error', () => undefined)
    .resume();
  half.write(Buffer.from([22, 3, 1, 2, 0, 1]));
  const socket = await shake(server);
  let answer = '';
  socket.on('data', (chunk) => (answer += chunk));
  const sent = tokenRequest(server);
  socket.write(sent.slice(0, -1));
  await askForToken(server);
  const begun = performance.now();
  const ended = server.stop();
  await until(() => silent.closed && half.closed);
  socket.write(sent.slice(-1));
  expect(await ended).toBe(0);
  expect(answer).toMatch(/^HTTP\/1.1 200 OK[\s\S]*Connection: close[\s\S]*"access_token"/);
  expect(performance.now() - begun).toBeLessThan(LONGEST_END_MS);
});

it('takes up another certificate at SIGHUP; with one that cannot be used the one before stays', async () => {
  put('first');
  const server = await start();
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ca });
  expect((await askForToken(server, { agent })).status).toBe(200);
  put('second');
  server.child.kill('SIGHUP');
  await until(async () => (await shown(server)) === 'second', server.output);
  expect((await askForToken(server, { agent })).status).toBe(200);
  agent.destroy();

  put('first', { key: 'client' });
  server.child.kill('SIGHUP');
  const refusal = 'the new TLS certificate and key cannot be used: those before stay in force';
  await until(() => told(server, refusal).length > 0, server.output);
  expect(told(server, refusal)).toMatchObject([
    { level: 'error', reason: expect.stringMatching(/^TLS_KEY_FILE is not the private key of/) },
  ]);
  expect(await shown(server)).toBe('second');
  expect(server.output()).not.toMatch(/BEGIN|did nothing|nothing was done/);

  put('first');
  server.child.kill('SIGHUP');
  await until(async () => (await shown(server)) === 'first', server.output);
  expect(await server.stop()).toBe(0);
  expect(told(server, 'another TLS certificate is in force')).toHaveLength(2);
});

/** As Kubernetes does it: files are links into a folder to which a link leads, and that is replaced. */
function mount(name: string): void {
  number += 1;
  const version = join(folder, `..${number}`);
  mkdirSync(version);
  copyFileSync(signed(name, 'pem'), join(version, 'tls.crt'));
  copyFileSync(signed(name, 'key'), join(version, 'tls.key'));
  symlinkSync(version, join(folder, '..new'));
  renameSync(join(folder, '..new'), join(folder, '..data'));
}

it.each(['1', '2'])('takes up files that change by itself, in each of %s processes', async (workers) => {
  mount('first');
  for (const file of ['tls.crt', 'tls.key']) symlinkSync(join('..data', file), join(folder, file));
  const server = await start({ WORKERS: workers });
  if (workers !== '1') await crewOfSize(server, 2);
  mount('second');
  await until(() => told(server, 'another TLS certificate is in force').length === Number(workers), server.output);
  expect(new Set(await Promise.all(Array.from({ length: 6 }, () => shown(server))))).toEqual(new Set(['second']));

  rmSync(join(folder, '..data', 'tls.key'));
  writeFileSync(join(folder, '..data', 'tls.key'), 'no key');
  const refusal = 'the new TLS certificate and key cannot be used: those before stay in force';
  await until(() => told(server, refusal).length === Number(workers), server.output);
  expect(await shown(server)).toBe('second');
  expect((await askForToken(server)).status).toBe(200);
});

it('several processes serve https, and SIGHUP replaces them without a request that fails', async () => {
  put('first');
  const server = await start({ WORKERS: '2' });
  await crewOfSize(server, 2);
  put('second');
  server.child.kill('SIGHUP');
  const statuses: (number | undefined)[] = [];
  do statuses.push((await askForToken(server)).status);
  while (told(server, 'all workers were replaced').length === 0);
  expect(new Set(statuses)).toEqual(new Set([200]));
  expect(await shown(server)).toBe('second');
  expect(new Set(told(server, 'request').map(({ worker }) => worker)).size).toBeGreaterThan(1);
  expect(await server.stop()).toBe(0);
});

it('believes what a proxy says of its networks alone', async () => {
  put('first');
  const server = await start({ TRUST_PROXY: '127.0.0.1,10.0.0.0/8', TRUST_FORWARDED_HOST: 'true', CLIENT_CERT_HEADER: 'rfc9440' });
  const addressOf = async (headers: Record<string, string>, localAddress: string) => {
    const { status, requestId } = await askForToken(server, { headers, localAddress });
    await until(() => told(server, 'request').some((line) => line.requestId === requestId));
    return [status, told(server, 'request').find((line) => line.requestId === requestId)?.ip];
  };
  const list = { 'x-forwarded-for': '192.0.2.1, 198.51.100.7, 10.1.1.1' };
  expect(await addressOf(list, '127.0.0.1')).toEqual([200, '198.51.100.7']);
  expect(await addressOf(list, '127.0.0.2')).toEqual([200, '127.0.0.2']);
  const host = { 'x-forwarded-host': 'elsewhere.example' };
  expect((await addressOf(host, '127.0.0.1'))[0]).toBe(421);
  expect((await addressOf(host, '127.0.0.2'))[0]).toBe(200);
  const named = { 'x-request-id': 'named-by-somebody' };
  expect((await askForToken(server, { headers: named, localAddress: '127.0.0.1' })).requestId).toBe('named-by-somebody');
  expect((await askForToken(server, { headers: named, localAddress: '127.0.0.2' })).requestId).not.toBe('named-by-somebody');
});

it('the image finds out over https whether it is well', async () => {
  put('first');
  const server = await start();
  const dockerfile = readFileSync(join(import.meta.dirname, '../Dockerfile'), 'utf8');
  const [program, ...args] = JSON.parse(/HEALTHCHECK[^\n]*\\\n\s*CMD (\[.*\])\n/.exec(dockerfile)?.[1] as string) as string[];
  expect(program).toBe('node');
  const env = { PATH: process.env.PATH, PORT: String(server.port) };
  const check = (more: Record<string, string>) => run(process.execPath, args, { env: { ...env, ...more } });
  await check(files());
  await expect(check({})).rejects.toThrow();
  await server.stop();
  await expect(check(files())).rejects.toThrow();
});

it('the settings say what is wrong with files, and nothing is served', async () => {
  put('first', { key: 'second' });
  const server = await startProcess(database, files());
  expect(await server.exit).toBe(1);
  expect(server.output()).toMatch(/TLS_KEY_FILE is not the private key of TLS_CERT_FILE/);
  expect(server.output()).not.toContain('BEGIN');
});
