import { request } from 'node:http';
import { connect } from 'node:net';
import { KeyRing } from '../src/keys/key-ring.js';
import { readAnswer } from '../testbed/answer.js';
import { createClient, getToken, requestToken, startApp, type TestApp } from '../testbed/app.js';

const METHODS = ['client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'private_key_jwt'];
const ALGORITHMS = ['ES256', 'ES384', 'RS256', 'RS384', 'RS512', 'PS256', 'EdDSA', 'Ed25519', 'HS256'];

let app: TestApp;

beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

/** A request with headers that fetch would not send. */
function get(path: string, headers: Record<string, string>): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    request({ port: app.port, host: '127.0.0.1', path, headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk)).on('end', () => resolve({ status: response.statusCode as number, text }));
    })
      .on('error', reject)
      .end();
  });
}

/** Of a request whose Host is nobody's, and that a proxy says is for another. */
function statusOf({ port }: { port: number }, forwardedHost: string): Promise<number | undefined> {
  const headers = { host: 'inner', 'x-forwarded-host': forwardedHost };
  const target = { port, host: '127.0.0.1', path: '/.well-known/openid-configuration', headers };
  return new Promise((resolve, reject) =>
    request(target, (response) => resolve(response.resume().statusCode))
      .on('error', reject)
      .end(),
  );
}

function send(lines: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(app.port, '127.0.0.1').on('data', (chunk) => (answer += chunk));
    socket.on('error', reject).on('close', () => resolve(answer));
    socket.end(`${lines.join('\r\n')}\r\n\r\n`);
  });
}

it('nobody keeps a refusal of what is else kept for a while', async () => {
  const { publishedAt } = KeyRing.prototype;
  KeyRing.prototype.publishedAt = () => {
    throw new Error('damaged');
  };
  const { status, headers } = await fetch(`${app.url}/.well-known/jwks.json`).finally(() => {
    KeyRing.prototype.publishedAt = publishedAt;
  });
  expect([status, headers.get('cache-control')]).toEqual([500, 'no-store']);
});

describe('PROTOCOL 19: the metadata', () => {
  it.each(['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'])(
    'stands at %s and lists what works, no more',
    async (path) => {
      const { status, body, headers } = await readAnswer(fetch(app.url + path));
      expect(status).toBe(200);
      expect(headers.get('content-type')).toMatch(/^application\/json/);
      expect(body).toEqual({
        issuer: app.url,
        token_endpoint: `${app.url}/connect/token`,
        jwks_uri: `${app.url}/.well-known/jwks.json`,
        grant_types_supported: ['client_credentials'],
        response_types_supported: [],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['ES256'],
        token_endpoint_auth_methods_supported: METHODS,
        token_endpoint_auth_signing_alg_values_supported: ALGORITHMS,
        introspection_endpoint: `${app.url}/connect/introspect`,
        introspection_endpoint_auth_methods_supported: METHODS,
        introspection_endpoint_auth_signing_alg_values_supported: ALGORITHMS,
        revocation_endpoint: `${app.url}/connect/revocation`,
        revocation_endpoint_auth_methods_supported: METHODS,
        revocation_endpoint_auth_signing_alg_values_supported: ALGORITHMS,
        dpop_signing_alg_values_supported: ['ES256', 'EdDSA', 'Ed25519', 'RS256', 'PS256'],
      });
    },
  );

  it.each(['RS256', 'EdDSA'])('says that tokens are signed with %s where they are', async (algorithm) => {
    const signing = await startApp({ SIGNING_ALGORITHM: algorithm });
    const { body } = await readAnswer(fetch(`${signing.url}/.well-known/openid-configuration`));
    expect(body.id_token_signing_alg_values_supported).toEqual([algorithm]);
    await signing.stop();
  });

  it("lists endpoints that answer, and its issuer is the tokens'", async () => {
    const { body } = await readAnswer(fetch(`${app.url}/.well-known/oauth-authorization-server`));
    const client = await createClient(app, { clientId: 'reader' });
    expect((await requestToken({ url: new URL(body.token_endpoint).origin }, client)).status).toBe(200);
    expect((await readAnswer(fetch(body.jwks_uri))).body.keys).toHaveLength(2);
    expect(JSON.parse(atob((await getToken(app, client)).split('.')[1] as string)).iss).toBe(body.issuer);
  });

  it.each(['127.0.0.1', '[::1]', 'LOCALHOST'])("keeps the issuer's URLs when it is asked as %s", async (host) => {
    const { status, text } = await get('/.well-known/openid-configuration', { host: `${host}:${app.port}` });
    expect(status).toBe(200);
    expect(JSON.parse(text).token_endpoint).toBe(`${app.url}/connect/token`);
  });

  it.each([
    '/auth',
    '/token',
    '/me',
    '/session/end',
    '/session/end/confirm',
    '/jwks',
    '/reg',
    '/connect/introspect/',
    '/token/introspection',
    '/token/revocation',
    '/CONNECT/TOKEN',
    '/connect/token/',
  ])('has nothing else at %s', async (path) => {
    for (const method of ['GET', 'POST']) expect((await readAnswer(fetch(app.url + path, { method }))).status).toBe(404);
  });
});

describe('PROTOCOL 20: the Host', () => {
  it.each(['evil.example', 'localhost', 'localhost:1', 'localhost.evil.example', 'a b', 'localhost:99999', '[::1', 'user@localhost'])(
    'is refused and never echoed when unregistered (%p)',
    async (host) => {
      for (const path of ['/.well-known/openid-configuration', '/connect/token', '/graphql', '/']) {
        const { status, text } = await get(path, { host });
        expect(status).toBeGreaterThanOrEqual(400);
        expect(status).toBeLessThan(500);
        if (host !== 'localhost') expect(text).not.toContain(host);
      }
    },
  );

  it('is not taken from X-Forwarded-Host', async () => {
    const headers = { host: 'evil.example', 'x-forwarded-host': `localhost:${app.port}` };
    expect((await get('/graphql', headers)).status).toBe(421);
    const behindProxy = await startApp({ TRUST_PROXY: 'true' });
    expect(await statusOf(behindProxy, `localhost:${behindProxy.port}`)).toBe(421);
    await behindProxy.stop();
  });

  it.each<[proxies: string, wrote: (host: string) => string]>([
    ['1', (host) => host],
    ['1', (host) => `evil.example, ${host}`],
    ['2', (host) => `evil.example,${host} , inner`],
    ['2', (host) => `${host}, inner`],
  ])('is what the outermost of %s proxies wrote into X-Forwarded-Host, where that is believed', async (proxies, wrote) => {
    const trusting = await startApp({ TRUST_PROXY: proxies, TRUST_FORWARDED_HOST: 'true' });
    expect(await statusOf(trusting, wrote(`localhost:${trusting.port}`))).toBe(200);
    expect(await statusOf(trusting, `localhost:${trusting.port}, evil.example, evil.example`)).toBe(421);
    await trusting.stop();
  });

  it('is refused when there are two', async () => {
    const answer = await send([
      'GET /.well-known/openid-configuration HTTP/1.1',
      `Host: localhost:${app.port}`,
      'Host: evil.example',
      'Connection: close',
    ]);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).not.toContain('evil.example');
  });

  it.each(['', 'user@localhost:PORT', 'localhost:PORT/x', 'localhost:PORT?x', 'localhost:PORT#x', 'localhost:0PORT'])(
    'is refused when malformed (%p)',
    async (host) => {
      const answer = await send([
        'GET /.well-known/openid-configuration HTTP/1.1',
        `Host: ${host.replace('PORT', String(app.port))}`,
        'Connection: close',
      ]);
      expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
    },
  );

  it('does not matter to the health checks', async () => {
    expect((await get('/health/live', { host: 'anything' })).status).toBe(200);
    expect((await get('/health/ready', { host: 'anything' })).status).toBe(200);
  });
});
