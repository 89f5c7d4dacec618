import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { Answer } from '../testbed/answer.js';
import { claimsOf, createClient, getToken, introspect, postForm, requestToken, startApp, type TestApp } from '../testbed/app.js';
import { advanceClock, resetClock } from '../testbed/clock.js';

type Credentials = { clientId: string; secret: string };
const ENDPOINTS = ['/connect/introspect', '/connect/revocation'];

let app: TestApp;
let client: Credentials;
let api: Credentials;

beforeAll(async () => {
  app = await startApp();
  client = await createClient(app, { clientId: 'board', scopes: ['orders:read'], accessTokenLifetime: 600 });
  api = await createClient(app, { clientId: 'orders-api', scopes: ['tokens:introspect'] });
});
afterEach(resetClock);
afterAll(() => app.stop());

const revoke = (credentials: Credentials | undefined, token: string) =>
  postForm(app, '/connect/revocation', { credentials, body: { token } });
const isActive = async (token: string, by = api) => (await introspect(app, by, token)).body.active;

/** Tokens that are not ones of ours: none of them may be told from another. */
const strangers: [string, () => Promise<string>][] = [
  ['garbage', async () => 'garbage'],
  ['half a JWT', async () => 'eyJhbGciOiJFUzI1NiJ9.e30'],
  [
    'a JWT of somebody else',
    () => new SignJWT({ iss: app.url, client_id: 'board', jti: 'x' }).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.alloc(32)),
  ],
  [
    'an unsigned JWT',
    async () => `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${(await getToken(app, client)).split('.')[1]}.`,
  ],
  ['an altered token', async () => `${(await getToken(app, client)).slice(0, -8)}AAAAAAAA`],
  ['a token with a null byte', async () => `${await getToken(app, client)}\0`],
  ['40 kB', async () => 'eyJ'.repeat(13_000)],
  [
    'a token of another tenant',
    async () => {
      const other = await startApp();
      const token = await getToken(other, await createClient(other, { clientId: 'board' }));
      await other.stop();
      return token;
    },
  ],
];

it('a token for an audience that was taken from its client is worth nothing from then on', async () => {
  const audiences = [`${app.url}/api`, 'https://other.example'];
  const moved = await createClient(app, { clientId: 'moved', scopes: ['orders:read'], audiences });
  const [taken, kept] = [await getToken(app, moved), await getToken(app, moved, { resource: 'https://other.example' })];
  expect([await isActive(taken), await isActive(kept)]).toEqual([true, true]);
  await app.api.updateClient('moved', { audiences: ['https://other.example'] });
  expect([await isActive(taken), await isActive(kept)]).toEqual([false, true]);
});

describe.each(ENDPOINTS)('PROTOCOL 17 and 18: %s', (path) => {
  it('answers 401 without credentials and with wrong ones', async () => {
    const token = await getToken(app, client);
    for (const credentials of [undefined, { ...client, secret: 'wrong' }, { clientId: 'nobody', secret: 'wrong' }]) {
      const { status, text } = await postForm(app, path, { credentials, body: { token } });
      expect({ status, text }).toEqual({ status: 401, text: '{"error":"invalid_client"}' });
    }
    expect(await isActive(token)).toBe(true);
  });

  it.each([
    ['no token', '', 400],
    ['an empty one', 'token=', 400],
    ['two', 'token=a&token=b', 400],
    ['one of a megabyte', `token=${'x'.repeat(1_000_000)}`, 413],
  ])('refuses %s', async (_what, body, expected) => {
    const { status, body: answer } = await postForm(app, path, { credentials: client, body });
    expect([status, answer.error]).toEqual([expected, 'invalid_request']);
  });

  it('refuses a token in the URL and keeps it out of the log', async () => {
    const token = await getToken(app, client);
    const { status } = await postForm(app, `${path}?token=${token}`, { credentials: client, body: '' });
    expect(status).toBe(400);
    expect(app.logLines.join('')).not.toContain(token.split('.')[2]);
  });

  it.each(['GET', 'PUT', 'DELETE'])('is not a %s', async (method) => {
    const { status, headers } = await fetch(app.url + path, { method });
    expect([status, headers.get('allow')]).toEqual([405, 'POST']);
  });

  it('is never cached', async () => {
    const { headers } = await postForm(app, path, { credentials: client, body: { token: await getToken(app, client) } });
    expect(headers.get('cache-control')).toBe('no-store');
  });
});

describe('PROTOCOL 17: introspection', () => {
  it.each([
    ['its owner', () => client],
    ['a client with the right to look', () => api],
  ])('tells %s that a token is active, and its claims', async (_who, by) => {
    const token = await getToken(app, client);
    const { status, body, headers } = await introspect(app, by(), token);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^application\/json/);
    const { iss, sub, client_id, aud, scope, iat, exp, jti } = claimsOf(token);
    expect(body).toEqual({ active: true, iss, sub, client_id, aud, scope, iat, exp, jti, token_type: 'Bearer' });
    expect(body).toMatchObject({ iss: app.url, client_id: 'board', aud: `${app.url}/api`, scope: 'orders:read' });
  });

  it('takes credentials in the form and a hint of the type', async () => {
    const form = { client_id: client.clientId, client_secret: client.secret, token_type_hint: 'access_token' };
    const { body } = await postForm(app, '/connect/introspect', { body: { ...form, token: await getToken(app, client) } });
    expect(body.active).toBe(true);
  });

  const inactive = async (answer: Promise<Answer>) => {
    const { status, text } = await answer;
    expect({ status, text }).toEqual({ status: 200, text: '{"active":false}' });
  };

  it("says nothing of another client's token to one without the right to look", async () => {
    const other = await createClient(app, { clientId: 'curious', scopes: ['orders:read'] });
    await inactive(introspect(app, other, await getToken(app, client)));
    await app.api.updateClient('curious', { scopes: ['tokens:introspect'] });
    expect(await isActive(await getToken(app, client), other)).toBe(true);
  });

  it.each(strangers)('says of %s that it is inactive', async (_what, make) => {
    await inactive(introspect(app, api, await make()));
  });

  it('says of an expired token that it is inactive', async () => {
    const token = await getToken(app, client);
    advanceClock(601);
    await inactive(introspect(app, api, token));
  });

  it.each([
    ['disabled', 'mutation { updateClient(clientId: "CLIENT", input: { enabled: false }) { id } }'],
    ['deleted', 'mutation { deleteClient(clientId: "CLIENT") { clientId } }'],
    ['cut off', 'mutation { revokeClientTokens(clientId: "CLIENT") { lastTokenExpiresAt } }'],
  ])('says of a token of a client that was %s since that it is inactive', async (how, mutation) => {
    const clientId = how.replace(' ', '-');
    const token = await getToken(app, await createClient(app, { clientId }));
    expect(await isActive(token)).toBe(true);
    expect((await app.administer(mutation.replace('CLIENT', clientId))).body.errors).toBeUndefined();
    await inactive(introspect(app, api, token));
  });

  it('names no scope that the client has no more', async () => {
    const shrinking = await createClient(app, { clientId: 'shrinking', scopes: ['a', 'b'] });
    const token = await getToken(app, shrinking);
    await app.api.updateClient('shrinking', { scopes: ['b'] });
    expect((await introspect(app, api, token)).body).toMatchObject({ active: true, scope: 'b' });
  });

  it('does not bring a token back when its client is enabled or made again', async () => {
    const sleeper = await createClient(app, { clientId: 'sleeper' });
    const token = await getToken(app, sleeper);
    for (const enabled of [false, true]) await app.api.updateClient('sleeper', { enabled: enabled });
    await inactive(introspect(app, api, token));
    const fresh = await getToken(app, sleeper);
    expect(await isActive(fresh)).toBe(true);
    await app.api.deleteClient('sleeper');
    await createClient(app, { clientId: 'sleeper' });
    await inactive(introspect(app, api, fresh));
  });

  it('takes tokens of the release before, whose ids say nothing, until their client is cut', async () => {
    const veteran = await createClient(app, { clientId: 'veteran' });
    await app.database.query("UPDATE clients SET token_epoch = '' WHERE client_id = 'veteran'");
    const { active } = (await app.installation.issuers.of(app.installation.home)).keys;
    const claims = { ...claimsOf(await getToken(app, veteran)), jti: 'an-id-without-a-dot' };
    const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
    const input = `${encode({ alg: active.alg, typ: 'at+jwt', kid: active.kid })}.${encode(claims)}`;
    const token = `${input}.${Buffer.from(await active.sign(Buffer.from(input))).toString('base64url')}`;
    expect(await isActive(token)).toBe(true);
    await app.api.revokeClientTokens('veteran');
    await inactive(introspect(app, api, token));
  });
});

describe('revokeClientTokens', () => {
  it('says when even the last token is refused by an API that asks nobody, and lets the client go on', async () => {
    const cut = await createClient(app, { clientId: 'cut', accessTokenLifetime: 7200 });
    const { exp } = claimsOf(await getToken(app, cut));
    await app.api.updateClient('cut', { accessTokenLifetime: 60 });
    const { body } = await app.administer('mutation { revokeClientTokens(clientId: "cut") { client { clientId } lastTokenExpiresAt } }');
    const last = Date.parse(body.data.revokeClientTokens.lastTokenExpiresAt);
    expect(last).toBeGreaterThanOrEqual(exp * 1000);
    expect(last).toBeLessThanOrEqual(Date.now() + 7_200_000);
    expect(await isActive(await getToken(app, cut))).toBe(true);
  });

  it('of an unknown client is CLIENT_NOT_FOUND', async () => {
    const { body } = await app.administer('mutation { revokeClientTokens(clientId: "nobody") { lastTokenExpiresAt } }');
    expect(body.errors[0].extensions.code).toBe('CLIENT_NOT_FOUND');
  });
});

describe('PROTOCOL 18: revocation', () => {
  /** JSON: some libraries parse it and fail at nothing, others take no other type. */
  const NOTHING = { status: 200, text: '{}', type: 'application/json; charset=utf-8' };
  const outcome = async (asked: Promise<Answer>) => {
    const { status, text, headers } = await asked;
    return { status, text, type: headers.get('content-type') };
  };

  it("ends a client's own token, and no other", async () => {
    const [doomed, spared] = [await getToken(app, client), await getToken(app, client)];
    for (let time = 0; time < 2; time += 1) {
      expect(await outcome(revoke(client, doomed))).toEqual(NOTHING);
    }
    expect([await isActive(doomed), await isActive(spared)]).toEqual([false, true]);
  });

  it.each(strangers)('answers 200 to %s', async (_what, make) => {
    expect(await outcome(revoke(client, await make()))).toEqual(NOTHING);
  });

  it("refuses another client's token, and it stays active", async () => {
    const token = await getToken(app, client);
    const { status, body } = await revoke(api, token);
    expect([status, body.error]).toEqual([400, 'invalid_grant']);
    expect(await isActive(token)).toBe(true);
  });

  it('is remembered until the token would have expired, and then forgotten', async () => {
    const token = await getToken(app, client);
    await revoke(client, token);
    const { jti, exp } = claimsOf(token);
    const isKept = async () => (await app.database.query('SELECT jti FROM revoked_tokens WHERE jti = ?', [jti])).length === 1;
    await app.installation.status.sweep(new Date((exp - 1) * 1000));
    expect(await isKept()).toBe(true);
    await app.installation.status.sweep(new Date((exp + 1) * 1000));
    expect(await isKept()).toBe(false);
  });

  it('is refused for the rest of an hour to a client that has done it ten thousand times, and to no other', async () => {
    const { status: service, directory } = app.installation;
    const tenant = (await directory.find(new URL(app.url).host)) as never;
    const eager = await createClient(app, { clientId: 'eager' });
    const expiresAt = Math.floor(Date.now() / 1000) + 60;
    const token = await getToken(app, eager);
    const many = async (count: number, nameOf: () => string = randomUUID) => {
      for (let times = 0; times < count; times += 1) await service.revoke(tenant, { clientId: 'eager', jti: nameOf(), expiresAt });
    };
    await Promise.all([many(3_000), many(3_000), many(3_000)]);
    // What was revoked before does not count.
    await many(2_000, () => 'the same');
    await many(998);
    expect((await revoke(eager, await getToken(app, eager))).status).toBe(200);
    const { status, body, headers } = await revoke(eager, token);
    expect([status, body.error, Number(headers.get('retry-after')) > 3_000]).toEqual([429, 'too_many_requests', true]);
    expect([await isActive(token), (await revoke(client, await getToken(app, client))).status]).toEqual([true, 200]);
    await app.api.revokeClientTokens('eager');
    expect(await isActive(token)).toBe(false);
  });

  it('ends a token for Latchkey itself as well', async () => {
    const manager = await createClient(app, { clientId: 'manager', scopes: ['clients:read'] });
    const token = await getToken(app, manager);
    const ask = () =>
      fetch(`${app.url}/graphql`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: '{"query":"{ viewer { clientId } }"}',
      });
    expect((await ask()).status).toBe(200);
    await revoke(manager, token);
    expect((await ask()).status).toBe(401);
    expect((await requestToken(app, manager)).status).toBe(200);
  });
});
