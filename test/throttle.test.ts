import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { createClient, postForm, startApp, type TestApp } from '../testbed/app.js';
import { advanceClock, resetClock } from '../testbed/clock.js';
import { askAtOnce, statusesIn } from '../testbed/pipeline.js';

const LIMIT = 5;

let app: TestApp;
let client: { clientId: string; secret: string };
let sources = 0;
let victims = 0;

beforeAll(async () => {
  app = await startApp({ TRUST_PROXY: 'true', FAILURE_LIMIT: String(LIMIT) });
});
beforeEach(async () => {
  victims += 1;
  client = await createClient(app, { clientId: `victim-${victims}` });
});
afterEach(resetClock);
afterAll(() => app.stop());

const newSource = () => {
  sources += 1;
  return `198.51.100.${sources}`;
};
const ask = (source: string, credentials: { clientId: string; secret: string }, path = '/connect/token') =>
  postForm(app, path, { credentials, body: { grant_type: 'client_credentials', token: 'x' }, headers: { 'x-forwarded-for': source } });

async function fail(source: string, credentials: { clientId: string; secret: string }, times: number): Promise<number[]> {
  const statuses: number[] = [];
  for (let time = 0; time < times; time += 1) statuses.push((await ask(source, { ...credentials, secret: 'wrong' })).status);
  return statuses;
}

describe('PROTOCOL 11: too many failures', () => {
  it('from one source for one client id are answered with 429 and when to come back', async () => {
    const source = newSource();
    expect(await fail(source, client, LIMIT)).toEqual(Array.from({ length: LIMIT }, () => 401));
    const { status, headers, body } = await ask(source, client);
    expect([status, body.error]).toEqual([429, 'too_many_requests']);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(60);
    expect(headers.get('cache-control')).toBe('no-store');
  });

  it('do not keep the client from its token elsewhere', async () => {
    await fail(newSource(), client, LIMIT + 3);
    expect((await ask(newSource(), client)).status).toBe(200);
  });

  it('for one client id do not count for another from the same source', async () => {
    const source = newSource();
    const neighbour = await createClient(app, { clientId: 'neighbour' });
    await fail(source, client, LIMIT + 1);
    expect((await ask(source, neighbour)).status).toBe(200);
  });

  it('for many client ids stop the source, but none that lately succeeded from there', async () => {
    const source = newSource();
    const healthy = await createClient(app, { clientId: 'healthy' });
    expect((await ask(source, healthy)).status).toBe(200);
    for (let index = 0; index < LIMIT * 10; index += 1) await ask(source, { clientId: `guess-${index}`, secret: 'wrong' });
    expect((await ask(source, { clientId: 'guess-fresh', secret: 'wrong' })).status).toBe(429);
    expect((await ask(source, client)).status).toBe(429);
    expect((await ask(source, healthy)).status).toBe(200);
    expect((await ask(source, { ...healthy, secret: 'wrong' })).status).toBe(429);
    expect((await ask(newSource(), client)).status).toBe(200);
  });

  it('from the very source of a client do not stop the client itself', async () => {
    const source = newSource();
    expect((await ask(source, client)).status).toBe(200);
    expect((await fail(source, client, LIMIT + 5)).slice(LIMIT)).toEqual([429, 429, 429, 429, 429]);
    expect((await ask(source, client)).status).toBe(200);
  });

  it('are the same for a client that does not exist', async () => {
    const seen = async (clientId: string) => {
      const source = newSource();
      const answers = [];
      for (let time = 0; time < LIMIT + 2; time += 1) {
        const { status, text, headers } = await ask(source, { clientId, secret: 'wrong' });
        answers.push([status, text.replace(/\d+ seconds/, 'N seconds'), headers.get('www-authenticate')]);
      }
      return answers;
    };
    expect(await seen('nobody')).toEqual(await seen(client.clientId));
  });

  it('count at every endpoint where a client proves who it is', async () => {
    for (const path of ['/connect/introspect', '/connect/revocation']) {
      const source = newSource();
      for (let time = 0; time < LIMIT; time += 1) expect((await ask(source, { ...client, secret: 'wrong' }, path)).status).toBe(401);
      expect((await ask(source, client, path)).status).toBe(429);
      expect((await ask(source, client)).status).toBe(429);
    }
  });

  it.each<Record<string, string>>([
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site', origin: 'http://other.localhost' },
  ])('cannot be made by a page that somebody looks at, for whoever sits there (%p)', async (headers) => {
    const source = newSource();
    for (const path of ['/connect/token', '/connect/introspect', '/connect/revocation', '/connect/leaked']) {
      for (let time = 0; time < 3 * LIMIT; time += 1) {
        const body = `client_id=${client.clientId}&client_secret=wrong&grant_type=client_credentials&token=lk_wrong`;
        const { status, body: refusal } = await postForm(app, path, { body, headers: { ...headers, 'x-forwarded-for': source } });
        expect([path, status, refusal.error]).toEqual([path, 403, 'access_denied']);
      }
    }
    expect((await ask(source, client)).status).toBe(200);
    // As a gateway hands on what a browser sent to it, with its own credentials.
    const basic = `Basic ${Buffer.from(`${client.clientId}:${client.secret}`).toString('base64')}`;
    const { status } = await postForm(app, '/connect/introspect', { body: 'token=x', headers: { ...headers, authorization: basic } });
    expect(status).toBe(200);
    // Where nobody has any, a browser has added what it knows of that gateway.
    const leak = await postForm(app, '/connect/leaked', { body: 'token=lk_wrong', headers: { ...headers, authorization: basic } });
    expect(leak.status).toBe(403);
  });

  it.each([
    'x=%ff',
    'x=%EF%BF%BD',
    'scope=%ff',
    '%ff=x',
    'scope=a&scope=b',
    'grant_type=none',
    'resource=a%20b',
    'scope=nope',
    'audience=x',
    'scope[]=a',
  ])('count whatever else is wrong with the request: %s', async (more) => {
    const source = newSource();
    const send = (secret: string) =>
      postForm(app, '/connect/token', {
        body: `client_id=${client.clientId}&client_secret=${secret}&grant_type=client_credentials&${more}`,
        headers: { 'x-forwarded-for': source },
      });
    const wrong = [];
    for (let time = 0; time < LIMIT + 1; time += 1) wrong.push((await send('wrong')).status);
    const right = await send(client.secret);
    // Where the answer to the right secret is the one to a wrong one, it tells nothing.
    expect(right.status === 429 || right.status === wrong[0]).toBe(true);
    expect(right.text).not.toContain('access_token');
  });

  it('are counted together for a network of IPv6', async () => {
    await fail('2001:db8:1:2::1', client, LIMIT);
    expect((await ask('2001:db8:1:2:ffff::2', client)).status).toBe(429);
    expect((await ask('2001:db8:1:3::1', client)).status).toBe(200);
    await fail('::ffff:203.0.113.1', client, LIMIT);
    expect((await ask('203.0.113.1', client)).status).toBe(429);
  });

  it('are forgotten after a minute', async () => {
    const source = newSource();
    await fail(source, client, LIMIT);
    advanceClock(61);
    expect((await ask(source, client)).status).toBe(200);
  });
});

it.each([
  ['few', 2, '200'],
  ['many', 60, '429'],
])('counts %s guesses that are sent at once before the right secret', async (_how, guesses, status) => {
  const secrets = [...Array.from({ length: guesses }, () => 'wrong'), client.secret];
  const text = await askAtOnce(app.port, { clientId: client.clientId, secrets, source: newSource() });
  const statuses = statusesIn(text);
  expect([statuses.length, statuses.at(-1)]).toEqual([guesses + 1, status]);
  expect(text.includes('access_token')).toBe(status === '200');
});

it('does not count what is wrong with a request that proves who sends it', async () => {
  const source = newSource();
  for (let time = 0; time < LIMIT + 2; time += 1) {
    const { status } = await postForm(app, '/connect/token', {
      credentials: client,
      body: { grant_type: 'client_credentials', scope: 'unknown' },
      headers: { 'x-forwarded-for': source },
    });
    expect(status).toBe(400);
  }
});

it('counts nothing that a client with a key of its own does right', async () => {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  await createClient(app, { clientId: 'keyed', authMethod: 'PRIVATE_KEY_JWT', jwks: { keys: [await exportJWK(publicKey)] } });
  const source = newSource();
  for (let time = 0; time < LIMIT + 2; time += 1) {
    const assertion = await new SignJWT({ iss: 'keyed', sub: 'keyed', aud: app.url, jti: `right-${time}` })
      .setProtectedHeader({ alg: 'ES256' })
      .setExpirationTime('1 minute')
      .sign(privateKey);
    const { status, headers } = await postForm(app, '/connect/introspect', {
      body: {
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: assertion,
        token: 'eyJhbGciOiJFUzI1NiJ9.e30.x',
      },
      headers: { 'x-forwarded-for': source },
    });
    expect([status, headers.get('retry-after')]).toEqual([200, null]);
  }
});

it('believes of X-Forwarded-For what the proxies in front wrote, and nothing before it', async () => {
  for (let time = 0; time < LIMIT; time += 1) await fail(`203.0.113.${time}, 192.0.2.1`, client, 1);
  expect((await ask('203.0.113.99, 192.0.2.1', client)).status).toBe(429);
  expect((await ask('192.0.2.1, 192.0.2.2', client)).status).toBe(200);
  const behindTwo = await startApp({ TRUST_PROXY: '2', FAILURE_LIMIT: String(LIMIT) });
  const target = await createClient(behindTwo, { clientId: 'behind-two' });
  const post = (secret: string, source: string) =>
    postForm(behindTwo, '/connect/token', {
      credentials: { ...target, secret },
      body: { grant_type: 'client_credentials' },
      headers: { 'x-forwarded-for': source },
    });
  for (let time = 0; time < LIMIT; time += 1) await post('wrong', `9.9.9.${time}, 192.0.2.1, 10.0.0.1`);
  expect((await post('wrong', '192.0.2.1, 10.0.0.2')).status).toBe(429);
  expect((await post(target.secret, '192.0.2.3, 10.0.0.1')).status).toBe(200);
  await behindTwo.stop();
});

it('takes an address with a port for the address, and all that is none for one source', async () => {
  for (let time = 0; time < LIMIT; time += 1) await fail(`192.0.2.77:${40_000 + time}`, client, 1);
  expect((await ask('192.0.2.77', client)).status).toBe(429);
  expect((await ask('192.0.2.78:40000', client)).status).toBe(200);
  for (let time = 0; time < LIMIT; time += 1) await fail(`[2001:db8:77::${time}]:${40_000 + time}`, client, 1);
  expect((await ask('2001:db8:77::ffff', client)).status).toBe(429);
  for (let time = 0; time < LIMIT; time += 1) await fail(`no address ${time}`, client, 1);
  expect((await ask('another that is none', client)).status).toBe(429);
});

it('believes no X-Forwarded-For when no proxy is trusted', async () => {
  const direct = await startApp({ FAILURE_LIMIT: String(LIMIT) });
  const target = await createClient(direct, { clientId: 'direct' });
  const post = (secret: string, source: string) =>
    postForm(direct, '/connect/token', {
      credentials: { ...target, secret },
      body: { grant_type: 'client_credentials' },
      headers: { 'x-forwarded-for': source },
    });
  for (let time = 0; time < LIMIT; time += 1) await post('wrong', `203.0.113.${time}`);
  expect((await post('wrong', '203.0.113.200')).status).toBe(429);
  await direct.stop();
});

it('can be switched off', async () => {
  const open = await startApp({ FAILURE_LIMIT: '0' });
  const target = await createClient(open, { clientId: 'open' });
  for (let time = 0; time < 40; time += 1) {
    const { status } = await postForm(open, '/connect/token', {
      credentials: { ...target, secret: 'wrong' },
      body: { grant_type: 'client_credentials' },
    });
    expect(status).toBe(401);
  }
  await open.stop();
});
