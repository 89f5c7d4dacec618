import { DatabaseUnavailable } from '../src/platform/errors.js';
import { type Answer, readAnswer } from '../testbed/answer.js';
import { getToken, startApp, type TestApp } from '../testbed/app.js';
import { postSession } from '../testbed/session.js';

const ALLOWED = 'https://app.example.com';
const OTHER = 'http://localhost:5173';
const DOCUMENTS = [
  '/.well-known/jwks.json',
  '/.well-known/jwks.pem',
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
];
const VIEWER = JSON.stringify({ query: '{ viewer { clientId } }' });

let app: TestApp;
let token: string;

beforeAll(async () => {
  app = await startApp({ ALLOWED_ORIGINS: `${ALLOWED}, ${OTHER}` });
  token = await getToken(app, app.admin);
});
afterAll(() => app.stop());

const ask = (path: string, init: RequestInit) => readAnswer(fetch(app.url + path, init));
const preflight = (path: string, origin: string, headers = 'authorization,content-type') =>
  ask(path, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': headers },
  });
const call = (origin: string, headers: Record<string, string> = {}) =>
  ask('/graphql', { method: 'POST', headers: { origin, 'content-type': 'application/json', ...headers }, body: VIEWER });
const bearer = () => ({ authorization: `Bearer ${token}` });

/** What an answer says of other origins. */
const grants = ({ headers }: Answer) => Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control-')));

describe('PROTOCOL 35: /graphql', () => {
  it.each([ALLOWED, OTHER])('tells pages of %s what they may send, and no more', async (origin) => {
    const answer = await preflight('/graphql', origin);
    expect(answer.status).toBeLessThan(300);
    expect(grants(answer)).toEqual({
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'Authorization, Content-Type, DPoP, Apollographql-Client-Name, Apollographql-Client-Version',
      'access-control-max-age': '600',
    });
    expect(answer.headers.get('vary')).toMatch(/\bOrigin\b/);
  });

  it('answers them with a token, and lets them read what they need of a refusal', async () => {
    const answer = await call(ALLOWED, bearer());
    expect(answer.body.data.viewer.clientId).toBe('admin');
    const refused = await call(ALLOWED, { authorization: 'Bearer x' });
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, expect.stringContaining('invalid_token')]);
    for (const { headers } of [answer, refused]) {
      expect(headers.get('access-control-allow-origin')).toBe(ALLOWED);
      expect(headers.get('access-control-expose-headers')).toBe('WWW-Authenticate, Retry-After, X-Request-Id');
      expect(headers.get('vary')).toMatch(/\bOrigin\b/);
    }
  });

  it('lets them read every refusal that comes before anybody has looked', async () => {
    const headers = { origin: ALLOWED };
    const answers = [
      await ask('/graphql', { method: 'PUT', headers }),
      await ask('/graphql', { method: 'POST', headers, body: 'x' }),
      await ask('/graphql', { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: 'x'.repeat(110_000) }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([405, 415, 413]);
    for (const answer of answers) expect(answer.headers.get('access-control-allow-origin')).toBe(ALLOWED);
  });

  it('lets them read that the database is away, which no browser would ask about twice', async () => {
    const { directory } = app.installation;
    const { find } = directory;
    await preflight('/graphql', ALLOWED);
    directory.find = () => Promise.reject(new DatabaseUnavailable());
    const answers = [await preflight('/graphql', ALLOWED), await call(ALLOWED, bearer())];
    directory.find = find;
    expect(answers.map(({ status, headers }) => [status, headers.get('access-control-allow-origin'), headers.get('retry-after')])).toEqual([
      [200, ALLOWED, null],
      [503, ALLOWED, '5'],
    ]);
  });

  it('never takes the cookie from them', async () => {
    const { cookie } = await postSession(app, app.admin);
    const refused = await call(ALLOWED, { cookie });
    expect([refused.status, refused.body.errors[0].extensions.code]).toEqual([403, 'FORBIDDEN']);
    const ended = await ask('/session', { method: 'DELETE', headers: { origin: ALLOWED, cookie } });
    expect([ended.status, grants(ended)]).toEqual([403, {}]);
    expect((await call(ALLOWED, { cookie, ...bearer() })).status).toBe(200);
    for (const answer of [refused, await preflight('/graphql', ALLOWED, 'cookie')]) {
      expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    }
  });

  it.each([
    'https://evil.example',
    'null',
    'https://app.example.com.evil.example',
    'https://app.example.com:8443',
    'http://app.example.com',
    'https://sub.app.example.com',
    'HTTPS://APP.EXAMPLE.COM',
    `${ALLOWED}, ${OTHER}`,
    '*',
  ])('tells pages of %s nothing', async (origin) => {
    const answers = [await preflight('/graphql', origin), await call(origin, bearer()), await call(origin)];
    for (const answer of answers) {
      expect(grants(answer)).toEqual({});
      expect(answer.headers.get('vary')).toMatch(/\bOrigin\b/);
    }
  });

  it('tells pages of other origins nothing unless some are allowed', async () => {
    const closed = await startApp();
    const url = `${closed.url}/graphql`;
    for (const origin of [ALLOWED, 'null', 'https://evil.example']) {
      const headers = { origin, 'access-control-request-method': 'POST' };
      expect(grants(await readAnswer(fetch(url, { method: 'OPTIONS', headers })))).toEqual({});
    }
    await closed.stop();
  });
});

it.each([
  '/',
  '/session',
  '/session/start',
  '/connect/token',
  '/connect/introspect',
  '/connect/revocation',
  '/connect/leaked',
  '/health/ready',
])('pages of an allowed origin are told nothing of %s', async (path) => {
  for (const method of ['OPTIONS', 'GET', 'POST']) {
    const { headers } = await ask(path, { method, redirect: 'manual', headers: { origin: ALLOWED } });
    expect([null, app.url]).toContain(headers.get('access-control-allow-origin'));
    expect(headers.get('access-control-allow-headers')).toBeNull();
  }
});

describe.each(DOCUMENTS)('PROTOCOL 35: %s', (path) => {
  it.each(['https://anybody.example', 'null', ALLOWED])('may be read by pages of %s', async (origin) => {
    const allowed = await preflight(path, origin, 'authorization,cache-control,traceparent');
    expect(allowed.status).toBeLessThan(300);
    expect(grants(allowed)).toEqual({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, HEAD',
      'access-control-allow-headers': '*, Authorization',
      'access-control-max-age': '600',
    });
    const { status, headers } = await ask(path, { headers: { origin } });
    expect([status, headers.get('access-control-allow-origin')]).toEqual([200, '*']);
  });

  it('lets them read refusals, too', async () => {
    const { status, headers } = await ask(path, { method: 'PUT', headers: { origin: ALLOWED } });
    expect([status, headers.get('access-control-allow-origin'), headers.get('access-control-allow-credentials')]).toEqual([405, '*', null]);
  });
});

it('asks who is meant before it tells pages anything', async () => {
  const { request } = await import('node:http');
  const status = await new Promise((resolve, reject) => {
    const headers = { host: 'evil.example', origin: ALLOWED, 'access-control-request-method': 'POST' };
    request({ port: app.port, host: '127.0.0.1', path: '/graphql', method: 'OPTIONS', headers }, (answer) =>
      resolve(answer.resume().statusCode),
    )
      .on('error', reject)
      .end();
  });
  expect(status).toBe(421);
});
