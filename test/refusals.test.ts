import { request } from 'node:http';
import { connect } from 'node:net';
import { ApolloClient, CombinedGraphQLErrors, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { pino } from 'pino';
import { TooManyFailures } from '../src/authentication/errors.js';
import { ERROR_CODES } from '../src/platform/error-codes.js';
import { DatabaseUnavailable } from '../src/platform/errors.js';
import { createHttpServer, setHandler } from '../src/platform/http/listener.js';
import { createWaitingApp } from '../src/server/app.js';
import { getToken, startApp, type TestApp } from '../testbed/app.js';

const ORIGIN = 'https://app.example.com';
const APOLLO = 'application/graphql-response+json,application/json;q=0.9';
const TYPES = [
  [APOLLO, 'application/graphql-response+json; charset=utf-8'],
  ['application/json', 'application/json; charset=utf-8'],
  ['*/*', 'application/json; charset=utf-8'],
] as const;

let app: TestApp;

beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

interface Sent {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  port?: number;
}

interface Refusal {
  status: number;
  type: string | undefined;
  headers: Record<string, unknown>;
  code: keyof typeof ERROR_CODES;
  message: string;
}

/** Sends these headers and no others to /graphql. */
function refused({ method = 'POST', headers = {}, body = '', port = app.port }: Sent): Promise<Refusal> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: 'localhost', path: '/graphql', method, headers }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => (text += chunk));
      answer.on('end', () => {
        const { message, extensions } = JSON.parse(text).errors[0];
        resolve({
          status: answer.statusCode as number,
          type: answer.headers['content-type'],
          headers: answer.headers,
          code: extensions.code,
          message,
        });
      });
    });
    sent.on('error', reject).end(body);
  });
}

const JSON_BODY = { 'content-type': 'application/json' };
const many = Object.fromEntries(Array.from({ length: 120 }, (_, index) => [`x-${index}`, '1']));
const VIEWER = '{"query":"{ viewer { clientId } }"}';

describe.each(TYPES)('to %s every refusal', (accept, type) => {
  it.each<[string, number, string, Sent]>([
    ['no token', 401, 'UNAUTHENTICATED', { headers: JSON_BODY, body: VIEWER }],
    ['a damaged token', 401, 'UNAUTHENTICATED', { headers: { ...JSON_BODY, authorization: 'Bearer x' }, body: VIEWER }],
    ['a body of another type', 415, 'BAD_REQUEST', { headers: { 'content-type': 'text/plain' }, body: 'x' }],
    ['a body without a type', 415, 'BAD_REQUEST', { body: VIEWER }],
    ['a body that is compressed', 415, 'BAD_REQUEST', { headers: { ...JSON_BODY, 'content-encoding': 'br' }, body: VIEWER }],
    ['a body that is too large', 413, 'BAD_REQUEST', { headers: JSON_BODY, body: 'x'.repeat(110_000) }],
    ['a body that is no JSON', 400, 'BAD_REQUEST', { headers: JSON_BODY, body: '\uFEFF{' }],
    ['an empty body', 400, 'BAD_REQUEST', { headers: JSON_BODY }],
    ['another method', 405, 'BAD_REQUEST', { method: 'PUT' }],
    ['too many headers', 431, 'BAD_REQUEST', { headers: many }],
    ['a transfer coding that nobody knows', 501, 'BAD_REQUEST', { headers: { ...JSON_BODY, 'transfer-encoding': 'gzip, chunked' } }],
    ['what is preferred, endlessly', 431, 'BAD_REQUEST', { headers: { 'accept-language': '","'.repeat(4_000) } }],
    ['a host that is not served', 421, 'HOST_NOT_SERVED', { headers: { host: 'evil.example' } }],
  ])('of %s has its status, code and type', async (_what, status, code, sent) => {
    const answer = await refused({ ...sent, headers: { accept, ...sent.headers } });
    expect([answer.status, answer.code, answer.type]).toEqual([status, code, type]);
    expect(answer.message.length).toBeGreaterThan(10);
    expect(answer.headers['x-request-id']).toBeDefined();
    if (status === 401) expect(answer.headers['www-authenticate']).toMatch(/^Bearer/);
    if (status === 405) expect(answer.headers.allow).toMatch(/\bPOST\b/);
  });

  it.each([
    [new DatabaseUnavailable(), 503, 'DATABASE_UNAVAILABLE'],
    [new TooManyFailures(7), 429, 'TOO_MANY_REQUESTS'],
    [new Error('SELECT'), 500, 'INTERNAL_SERVER_ERROR'],
  ])('of what comes up while the tenant is looked for (%p) has its status, code and type', async (error, status, code) => {
    const { directory } = app.installation;
    const { find } = directory;
    directory.find = () => Promise.reject(error);
    const answer = await refused({ headers: { accept, ...JSON_BODY }, body: VIEWER }).finally(() => {
      directory.find = find;
    });
    expect([answer.status, answer.code, answer.type]).toEqual([status, code, type]);
    expect(answer.headers['retry-after']).toEqual(status === 500 ? undefined : expect.stringMatching(/^\d+$/));
  });

  it('while the server starts has its status, code and type', async () => {
    const log = pino({ level: 'silent' });
    const { metrics } = app;
    const health = { isReady: async () => false };
    const server = createHttpServer();
    setHandler(server, createWaitingApp({ log, metrics, health, pagesFolder: '' }, { allowedOrigins: [ORIGIN], trustProxy: 0 }).callback());
    await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
    const { port } = server.address() as { port: number };
    const answer = await refused({ headers: { accept }, port });
    expect([answer.status, answer.code, answer.type, answer.headers['retry-after']]).toEqual([503, 'SERVER_STARTING', type, '5']);
    const url = `http://localhost:${port}/graphql`;
    const asked = await fetch(url, { method: 'OPTIONS', headers: { origin: ORIGIN, 'access-control-request-method': 'POST' } });
    const called = await fetch(url, { method: 'POST', headers: { origin: ORIGIN, accept } });
    expect([asked.status, called.status]).toEqual([204, 503]);
    for (const { headers } of [asked, called]) expect(headers.get('access-control-allow-origin')).toBe(ORIGIN);
    expect((await fetch(url, { method: 'OPTIONS', headers: { origin: 'https://evil.example' } })).status).toBe(503);
    await new Promise((resolve) => server.close(resolve).closeAllConnections());
  });
});

describe('Apollo Client, as it comes,', () => {
  const clientOf = (token: string, useGETForQueries = false) =>
    new ApolloClient({
      link: new HttpLink({ uri: `${app.url}/graphql`, headers: { authorization: `Bearer ${token}` }, useGETForQueries }),
      cache: new InMemoryCache(),
    });
  const viewer = gql`query { viewer { clientId } }`;

  it.each([false, true])('learns the code of a token that is worth nothing (by GET: %p)', async (byGet) => {
    const error = await clientOf('expired', byGet)
      .query({ query: viewer })
      .catch((thrown) => thrown);
    expect(CombinedGraphQLErrors.is(error)).toBe(true);
    expect(error.errors[0].extensions.code).toBe('UNAUTHENTICATED');
  });

  it('reads by GET and POST, and writes', async () => {
    const token = await getToken(app, app.admin);
    for (const byGet of [false, true]) {
      const { data } = await clientOf(token, byGet).query<{ viewer: { clientId: string } }>({ query: viewer });
      expect(data?.viewer.clientId).toBe('admin');
    }
    const mutation = gql`mutation { createClient(input: { name: "X", clientId: "by-apollo" }) { client { clientId } } }`;
    expect((await clientOf(token, true).mutate({ mutation })).data).toMatchObject({ createClient: { client: { clientId: 'by-apollo' } } });
  });
});

describe('a request with many headers', () => {
  /** The status of a GET with as many headers, Host included. */
  const statusWith = (count: number) =>
    new Promise<string>((resolve, reject) => {
      let text = '';
      const socket = connect(app.port, '127.0.0.1').on('data', (chunk) => (text += chunk));
      socket.on('error', reject).on('close', () => resolve(text.slice(9, 12)));
      const rest = Array.from({ length: count - 2 }, (_, index) => `x-${index}: 1`);
      socket.write(
        ['GET /.well-known/jwks.json HTTP/1.1', `Host: localhost:${app.port}`, 'Connection: close', ...rest, '', ''].join('\r\n'),
      );
    });

  it('is refused by what was sent, whatever stands in the last of them', async () => {
    expect(await statusWith(100)).toBe('200');
    expect(await statusWith(101)).toBe('431');
    expect(await statusWith(1500)).toBe('431');
  });

  it('does not hide how its body is framed', async () => {
    const answers = await new Promise<string>((resolve, reject) => {
      let text = '';
      const socket = connect(app.port, '127.0.0.1').on('data', (chunk) => (text += chunk));
      socket.on('error', reject).on('close', () => resolve(text));
      const rest = Array.from({ length: 150 }, (_, index) => `x-${index}: 1`);
      const head = ['POST /connect/token HTTP/1.1', `Host: localhost:${app.port}`, ...rest, 'Transfer-Encoding: chunked', '', ''];
      socket.write(`${head.join('\r\n')}0\r\n\r\nGET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    });
    expect(answers.match(/HTTP\/1\.1 \d{3}/g)).toEqual(['HTTP/1.1 431', 'HTTP/1.1 200']);
  });
});

describe('X-Request-Id', () => {
  const PROXIED = 'f3b1c2d4-0000-4000-8000-0123456789ab';
  const idOf = async ({ url }: { url: string }, id: string) =>
    (await fetch(`${url}/.well-known/jwks.json`, { headers: { 'x-request-id': id } })).headers.get('x-request-id') as string;

  it('of a proxy is kept, in the answer, the log and the record', async () => {
    const behind = await startApp({ TRUST_PROXY: '1' });
    const token = await getToken(behind, behind.admin);
    const query = 'mutation { createClient(input: { name: "X", clientId: "traced" }) { client { id } } }';
    const headers = { ...JSON_BODY, authorization: `Bearer ${token}`, 'x-request-id': PROXIED };
    const answer = await fetch(`${behind.url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) });
    expect(answer.headers.get('x-request-id')).toBe(PROXIED);
    expect(behind.logLines.some((line) => line.includes(`"requestId":"${PROXIED}"`))).toBe(true);
    const { body } = await behind.administer(`{ auditEvents(filter: { requestId: "${PROXIED}" }) { nodes { action requestId } } }`);
    expect(body.data.auditEvents.nodes).toEqual([{ action: 'CREATE_CLIENT', requestId: PROXIED }]);
    for (const form of ['0123456789abcdef0123456789abcdef', '7F000001:C7D2_7F000001:1F90']) expect(await idOf(behind, form)).toBe(form);
    for (const form of ['short', 'x'.repeat(37), 'with a blank', '<script>x</script>', `${PROXIED}, other`, 'é'.repeat(10)]) {
      expect(await idOf(behind, form)).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
    }
    await behind.stop();
  });

  it('of anybody else is not', async () => {
    expect(await idOf(app, PROXIED)).not.toBe(PROXIED);
  });
});
