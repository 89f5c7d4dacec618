import type { TenantContext } from '../src/tenants/caller.js';
import { type Answer, readAnswer } from '../testbed/answer.js';
import { type Credentials, createClient, createTenant, graphql, requestToken, startApp, type TestApp } from '../testbed/app.js';
import { advanceClock, resetClock, stopClock } from '../testbed/clock.js';
import { cookieName, deleteSession, getSession, graphqlBySession, postSession } from '../testbed/session.js';

const VIEWER = '{ viewer { clientId scopes } }';

let app: TestApp;

beforeAll(async () => {
  app = await startApp();
});
afterEach(resetClock);
afterAll(() => app.stop());

const isIn = async (cookie: string) => (await graphqlBySession(app, cookie, VIEWER)).status === 200;

describe('POST /session', () => {
  it('lets an administrator in, with a cookie that no script reads and no other site sends', async () => {
    const { status, body, headers, cookie, setCookie } = await postSession(app, app.admin);
    expect(status).toBe(200);
    expect(body.session).toMatchObject({ clientId: 'admin', person: null, scopes: expect.arrayContaining(['clients:write']) });
    expect(Date.parse(body.session.expiresAt) - Date.now()).toBeGreaterThan(3_590_000);
    expect(setCookie).toMatch(/^latchkey-session-\d+=[\w-]{54}; path=\/; samesite=strict; httponly$/);
    expect(headers.get('cache-control')).toBe('no-store');
    expect((await graphqlBySession(app, cookie, VIEWER)).body.data.viewer.clientId).toBe('admin');
  });

  it('gives out what can be told from what anybody makes up, without a query', async () => {
    const { cookie } = await postSession(app, app.admin);
    const [, token = ''] = cookie.split('=');
    const { sessions, directory } = app.installation;
    const context = (await directory.find(new URL(app.url).host)) as TenantContext;
    const hasMade = (text: string) => sessions.hasMade(context, text);
    expect(hasMade(token)).toBe(true);
    const made = [
      token.slice(0, 43),
      `${token.slice(1)}A`,
      `A${token.slice(1)}`,
      `${token.slice(0, 43)}AAAAAAAAAAA`,
      '',
      '\u{1F511}'.repeat(27),
    ];
    expect(made.filter((text) => text !== token && hasMade(text))).toEqual([]);
    expect(sessions.hasMade({ ...context, tenant: { ...context.tenant, id: 'another' } }, token)).toBe(false);
  });

  it('sets a cookie for this host and TLS alone when the issuer is https', async () => {
    const secure = await startApp({ ISSUER: 'https://id.example.com', TRUST_PROXY: 'true', TRUST_FORWARDED_HOST: 'true' });
    const { setCookie, cookie } = await postSession(secure, secure.admin, { 'x-forwarded-host': 'id.example.com' });
    expect(setCookie).toMatch(/^__Host-latchkey-session=[\w-]{54}; path=\/; samesite=strict; secure; httponly$/);
    const headers = { 'x-forwarded-host': 'id.example.com' };
    expect((await graphqlBySession(secure, cookie, VIEWER, headers)).status).toBe(200);
    expect((await graphqlBySession(secure, cookie.replace('__Host-', ''), VIEWER, headers)).status).toBe(401);
    await secure.stop();
  });

  it('tells the log why, and nobody else', async () => {
    const disabled = await createClient(app, { clientId: 'told-disabled', scopes: ['clients:read'] });
    await app.api.updateClient('told-disabled', { enabled: false });
    const signing = await createClient(app, { clientId: 'told-signing', authMethod: 'CLIENT_SECRET_JWT' });
    const powerless = await createClient(app, { clientId: 'told-powerless' });
    const reasons = async (credentials: Credentials, headers?: Record<string, string>) => {
      await postSession(app, credentials, headers);
      await requestToken(app, credentials);
      const told = app.logLines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'request');
      return told.slice(-2).map(({ clientId, reason }) => [clientId, reason]);
    };
    expect(await reasons(disabled)).toEqual(Array(2).fill(['told-disabled', 'the client is disabled']));
    expect(await reasons({ ...disabled, secret: powerless.secret })).toEqual(
      Array(2).fill(['told-disabled', 'the secret is wrong or has ended']),
    );
    expect(await reasons({ clientId: 'nobody', secret: powerless.secret })).toEqual(
      Array(2).fill([null, expect.stringContaining('no such client')]),
    );
    expect(await reasons(signing)).toEqual(Array(2).fill(['told-signing', 'the client proves itself by CLIENT_SECRET_JWT']));
    expect(await reasons(powerless)).toEqual([
      ['told-powerless', 'the client has no management scope'],
      ['told-powerless', undefined],
    ]);
    expect((await reasons(app.admin, { origin: 'https://evil.example' }))[0]).toEqual([undefined, 'a page of another origin sent it']);
  });

  it('keeps two servers apart that have one name and two ports', async () => {
    const other = await startApp();
    const [here, there] = [await postSession(app, app.admin), await postSession(other, other.admin)];
    expect(here.cookie.split('=')[0]).not.toBe(there.cookie.split('=')[0]);
    const both = `${here.cookie}; ${there.cookie}`;
    await deleteSession(other, both);
    expect([await isIn(both), (await getSession(other, both)).body.session]).toEqual([true, null]);
    await other.stop();
  });

  it('says of an unknown client, a wrong secret, a disabled client and one with a key of its own the same', async () => {
    const disabled = await createClient(app, { clientId: 'disabled', scopes: ['clients:read'] });
    await app.api.updateClient('disabled', { enabled: false });
    const signing = await createClient(app, { clientId: 'signing', scopes: ['clients:read'], authMethod: 'CLIENT_SECRET_JWT' });
    const pairs = [
      { clientId: 'admin', secret: `${app.admin.secret}x` },
      { clientId: 'admin', secret: (await createClient(app, { clientId: 'other' })).secret },
      { clientId: 'nobody', secret: app.admin.secret },
      { clientId: 'no body', secret: app.admin.secret },
      { clientId: '', secret: '' },
      disabled,
      signing,
    ];
    const answers = await Promise.all(pairs.map((pair) => postSession(app, pair)));
    const [first] = answers;
    expect([first?.status, first?.body]).toEqual([
      401,
      { error: 'invalid_client', error_description: 'The client id or the secret key is wrong.' },
    ]);
    expect(new Set(answers.map(({ status, text, setCookie }) => `${status}${text}${setCookie}`)).size).toBe(1);
  });

  it('refuses a client without any right to manage Latchkey, once it has proved who it is', async () => {
    const plain = await createClient(app, { clientId: 'plain', scopes: ['orders:read'] });
    const { status, body, setCookie } = await postSession(app, plain);
    expect([status, body.error, setCookie]).toEqual([403, 'unauthorized_client', '']);
  });

  it.each([
    ['a form', 'application/x-www-form-urlencoded', 'clientId=admin&clientSecret=x', 415],
    ['plain text', 'text/plain', '{"clientId":"admin","clientSecret":"x"}', 415],
    ['no JSON', 'application/json', '{', 400],
    ['a list', 'application/json', '[]', 400],
    ['nothing', 'application/json', '{}', 400],
    ['numbers', 'application/json', '{"clientId":1,"clientSecret":2}', 400],
    ['too much', 'application/json', `{"clientId":"${'x'.repeat(200_000)}","clientSecret":"x"}`, 413],
  ])('refuses %s', async (_what, type, body, status) => {
    const answer = await readAnswer(fetch(`${app.url}/session`, { method: 'POST', headers: { 'content-type': type }, body }));
    expect([answer.status, answer.body.error, answer.headers.get('set-cookie')]).toEqual([status, 'invalid_request', null]);
  });

  it('is throttled like the token endpoint, and together with it', async () => {
    const strict = await startApp({ FAILURE_LIMIT: '4' });
    const wrong = { clientId: 'admin', secret: 'wrong' };
    const statuses = [];
    for (let attempt = 0; attempt < 3; attempt += 1) {
      statuses.push((await postSession(strict, wrong)).status, (await requestToken(strict, wrong)).status);
    }
    expect(statuses).toEqual([401, 401, 401, 401, 429, 429]);
    const { status, headers } = await postSession(strict, strict.admin);
    expect([status, Number(headers.get('retry-after'))]).toEqual([429, expect.any(Number)]);
    await strict.stop();
  });

  it('lives no longer than the tokens of its client, and never longer than an hour', async () => {
    stopClock();
    const brief = await createClient(app, { clientId: 'brief', scopes: ['clients:read'], accessTokenLifetime: 60 });
    const { cookie } = await postSession(app, brief);
    const long = await postSession(
      app,
      await createClient(app, { clientId: 'long', scopes: ['clients:read'], accessTokenLifetime: 86_400 }),
    );
    advanceClock(59);
    expect(await isIn(cookie)).toBe(true);
    advanceClock(1);
    expect(await isIn(cookie)).toBe(false);
    advanceClock(3600 - 60);
    expect(await isIn(long.cookie)).toBe(false);
  });

  it('lives beside nineteen others of its client, and the oldest ends', async () => {
    const client = await createClient(app, { clientId: 'often', scopes: ['clients:read'] });
    const cookies = [];
    for (let time = 0; time < 21; time += 1) {
      cookies.push((await postSession(app, client)).cookie);
      advanceClock(1);
    }
    expect([await isIn(cookies[0] as string), await isIn(cookies[1] as string), await isIn(cookies[20] as string)]).toEqual([
      false,
      true,
      true,
    ]);
  });

  it('is kept as a hash alone', async () => {
    const { cookie } = await postSession(app, app.admin);
    const token = cookie.split('=')[1] as string;
    expect(await app.database.dump()).not.toContain(token);
    expect(app.logLines.join('')).not.toContain(token);
  });

  it('counts as a use of the secret', async () => {
    const client = await createClient(app, { clientId: 'counted', scopes: ['clients:read'] });
    await postSession(app, client);
    await app.installation.use.flush();
    const { body } = await app.administer('{ client(clientId: "counted") { secrets { useCount } } }');
    expect(body.data.client.secrets[0].useCount).toBe(1);
  });
});

describe('what ends a session', () => {
  const READER = { scopes: ['clients:read'] };
  const ends: [string, (id: string, secret: string) => Promise<unknown>][] = [
    ['deleting its client', (id) => app.administer(`mutation { deleteClient(clientId: "${id}") { clientId } }`)],
    ['disabling its client', (id) => app.administer(`mutation { updateClient(clientId: "${id}", input: { enabled: false }) { id } }`)],
    ["revoking the client's tokens", (id) => app.administer(`mutation { revokeClientTokens(clientId: "${id}") { lastTokenExpiresAt } }`)],
    [
      'revoking its secret',
      async (id) => {
        const { body } = await app.administer(`mutation { rotateClientSecret(clientId: "${id}") { client { secrets { id } } } }`);
        const secretId = body.data.rotateClientSecret.client.secrets[1].id;
        await app.api.revokeClientSecret(id, secretId);
      },
    ],
    [
      'the report that its secret has leaked',
      (_id, secret) => fetch(`${app.url}/connect/leaked`, { method: 'POST', body: new URLSearchParams({ token: secret }) }),
    ],
  ];

  it.each(ends)('%s', async (how, end) => {
    const clientId = `ends-${how.length}`;
    const client = await createClient(app, { clientId, ...READER });
    const { cookie } = await postSession(app, client);
    expect(await isIn(cookie)).toBe(true);
    await end(clientId, client.secret);
    expect(await isIn(cookie)).toBe(false);
    expect((await getSession(app, cookie)).body.session).toBeNull();
  });

  it('DELETE /session, on the server as well, and for this session alone', async () => {
    const [one, two] = [await postSession(app, app.admin), await postSession(app, app.admin)];
    const { status, headers } = await deleteSession(app, one.cookie);
    expect([status, headers.get('set-cookie')]).toEqual([
      204,
      expect.stringMatching(/^latchkey-session-\d+=; path=\/; expires=Thu, 01 Jan 1970/),
    ]);
    expect([await isIn(one.cookie), await isIn(two.cookie)]).toEqual([false, true]);
    expect((await deleteSession(app, one.cookie)).status).toBe(204);
    expect((await deleteSession(app, '')).status).toBe(204);
  });

  it('another sign-in in the same browser, so that nothing is left that nobody can sign out of', async () => {
    const { cookie } = await postSession(app, app.admin);
    const next = await postSession(app, app.admin, { cookie });
    expect([await isIn(cookie), await isIn(next.cookie)]).toEqual([false, true]);
    await postSession(app, { ...app.admin, secret: 'wrong' }, { cookie: next.cookie });
    expect(await isIn(next.cookie)).toBe(true);
  });

  it('nothing of it shrinks without the other: rights go with those of the client', async () => {
    const client = await createClient(app, { clientId: 'shrinks', scopes: ['clients:read', 'audit:read'] });
    const { cookie } = await postSession(app, client);
    await app.api.updateClient('shrinks', { scopes: ['audit:read'] });
    const { body } = await graphqlBySession(app, cookie, '{ viewer { scopes } }');
    expect(body.data.viewer.scopes).toEqual(['audit:read']);
    expect((await graphqlBySession(app, cookie, '{ clients { nodes { id } } }')).body.errors[0].extensions.code).toBe('FORBIDDEN');
  });
});

describe('GET /session', () => {
  it('says who is signed in', async () => {
    const { cookie } = await postSession(app, app.admin);
    const { body } = await getSession(app, cookie);
    expect(body).toMatchObject({ session: { clientId: 'admin', person: null, scopes: expect.any(Array) }, identityProvider: null });
    expect((await getSession(app)).body).toEqual({ session: null, identityProvider: null, graphiql: true });
    expect((await getSession(app, `${cookieName(app, 'session')}=garbage`)).body.session).toBeNull();
  });
});

describe('a request that another site makes the browser send', () => {
  const elsewhere: [string, Record<string, string>][] = [
    ['from another site', { 'sec-fetch-site': 'cross-site' }],
    ["from another tenant's host, which is the same site", { 'sec-fetch-site': 'same-site' }],
    ['with another origin', { origin: 'https://evil.example' }],
    ['with the origin of another port', { origin: 'http://localhost:1' }],
    ['with no origin to speak of', { origin: 'null' }],
  ];

  it.each(elsewhere)('%s is refused, and changes nothing', async (_how, headers) => {
    const { cookie } = await postSession(app, app.admin);
    const mutation = 'mutation { createClient(input: { name: "X", clientId: "forged" }) { clientSecret } }';
    const answers: Answer[] = [
      await graphqlBySession(app, cookie, mutation, headers),
      await deleteSession(app, cookie, headers),
      await postSession(app, app.admin, headers),
    ];
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403]);
    expect(answers[0]?.body.errors[0].extensions.code).toBe('FORBIDDEN');
    expect(answers[2]?.headers.get('set-cookie')).toBeNull();
    expect((await getSession(app, cookie, headers)).body.session).toBeNull();
    expect(await isIn(cookie)).toBe(true);
    expect((await app.administer('{ client(clientId: "forged") { id } }')).body.data.client).toBeNull();
  });

  it('is answered when it is of the page itself, on every name of the loopback', async () => {
    const { cookie } = await postSession(app, app.admin);
    for (const name of ['localhost', '127.0.0.1']) {
      const url = `http://${name}:${app.port}`;
      const headers = { origin: url, 'sec-fetch-site': 'same-origin' };
      expect((await graphqlBySession({ url }, cookie, VIEWER, headers)).status).toBe(200);
      expect((await graphqlBySession({ url }, cookie, VIEWER, { origin: `${url}1` })).status).toBe(403);
    }
  });

  it('as a form, is no GraphQL', async () => {
    const { cookie } = await postSession(app, app.admin);
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
      const answer = await graphqlBySession(app, cookie, VIEWER, { 'content-type': type });
      expect(answer.status).toBe(415);
    }
  });
});

it('a token goes before a session, and a bad one is not made up for by it', async () => {
  const { cookie } = await postSession(app, app.admin);
  const send = (authorization: string) => graphqlBySession(app, cookie, VIEWER, { authorization });
  for (const bad of ['Bearer garbage', 'Token x', 'x', '']) expect((await send(bad)).status).toBe(401);
  // A gateway before the console may ask for a proof of its own, and hand it on.
  for (const ofGateway of ['Basic eDp4', 'basic eDp4', 'Negotiate eDp4', 'NTLM eDp4', 'Digest username="x"'])
    expect((await send(ofGateway)).status).toBe(200);
  const reader = await createClient(app, { clientId: 'reader', scopes: ['clients:read'] });
  const { body } = await requestToken(app, reader);
  expect((await send(`Bearer ${body.access_token}`)).body.data.viewer.clientId).toBe('reader');
});

it('a session of one tenant is nothing to another', async () => {
  const acme = await createTenant(app, 'acme');
  const [home, theirs] = [await postSession(app, app.admin), await postSession(acme, acme.admin)];
  expect((await graphqlBySession(acme, home.cookie, VIEWER)).status).toBe(401);
  expect((await graphqlBySession(app, theirs.cookie, VIEWER)).status).toBe(401);
  expect((await deleteSession(acme, home.cookie)).status).toBe(204);
  expect(await isIn(home.cookie)).toBe(true);
  expect((await graphql(acme, { query: VIEWER })).status).toBe(401);
});

it('forgets sessions that are over', async () => {
  await postSession(app, app.admin);
  await app.installation.sessions.sweep(new Date(Date.now() + 86_400_000));
  expect(await app.database.query('SELECT id FROM sessions')).toEqual([]);
});
