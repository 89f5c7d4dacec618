import { createHash, createPublicKey, generateKeyPairSync, randomUUID } from 'node:crypto';
import { jest } from '@jest/globals';
import { exportJWK, jwtVerify, SignJWT } from 'jose';
import { DatabaseUnavailable } from '../src/platform/errors.js';
import { type Answer, readAnswer } from '../testbed/answer.js';
import { type Credentials, createClient, createTenant, getToken, postForm, startApp, type TestApp } from '../testbed/app.js';
import { advanceClock, resetClock } from '../testbed/clock.js';

const ORDERS = 'https://orders.example.com';
const ASKED = `audience=${encodeURIComponent(ORDERS)}`;

let app: TestApp;
let client: Credentials;

beforeAll(async () => {
  app = await startApp({ FAILURE_LIMIT: '0' });
  client = await createClient(app, {
    clientId: 'board',
    scopes: ['orders:read', 'orders:write'],
    audiences: [ORDERS, `${app.url}/api`],
    accessTokenLifetime: 600,
  });
});
afterEach(resetClock);
afterAll(() => app.stop());

const verify = (query: string, headers: Record<string, string> = {}, init: RequestInit = {}): Promise<Answer> =>
  readAnswer(fetch(`${app.url}/connect/verify?${query}`, { ...init, headers }));
const bearer = async (parameters: Record<string, string> = {}) => ({ authorization: `Bearer ${await getToken(app, client, parameters)}` });
const statusOf = async (query: string, headers: Record<string, string>, init?: RequestInit) => (await verify(query, headers, init)).status;

it('lets a token for the audience pass, and names the client', async () => {
  const { status, headers, text } = await verify(ASKED, await bearer());
  expect([status, text]).toEqual([204, '']);
  expect(headers.get('latchkey-client-id')).toBe('board');
  expect(headers.get('latchkey-scope')).toBe('orders:read orders:write');
  expect(headers.get('cache-control')).toBe('no-store');
});

it.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'])(
  'takes a %s as the gateway hands it on',
  async (method) => {
    const handedOn = {
      origin: 'https://app.example.com',
      'sec-fetch-site': 'cross-site',
      accept: 'text/html',
      'content-type': 'application/xml',
      cookie: 'latchkey-session=none',
    };
    expect(await statusOf(ASKED, { ...handedOn, ...(await bearer()) }, { method })).toBe(204);
    expect(await statusOf(ASKED, handedOn, { method })).toBe(401);
  },
);

it('lets the body pass that a gateway hands on', async () => {
  expect(await statusOf(ASKED, await bearer(), { method: 'POST', body: 'x'.repeat(300_000) })).toBe(204);
});

it('says 403 of a token that lacks a scope, and which it needs', async () => {
  const reader = await bearer({ scope: 'orders:read' });
  expect(await statusOf(`${ASKED}&scope=orders:read`, reader)).toBe(204);
  expect(await statusOf(`${ASKED}&scope=orders:read+orders:write`, await bearer())).toBe(204);
  const { status, body, headers } = await verify(`${ASKED}&scope=orders:read+orders:write`, reader);
  expect([status, body.error]).toEqual([403, 'insufficient_scope']);
  expect(headers.get('www-authenticate')).toBe('Bearer error="insufficient_scope", scope="orders:read orders:write"');
  expect(headers.has('latchkey-client-id')).toBe(false);
});

it('says 401 of everything else', async () => {
  const token = await getToken(app, client);
  const acme = await createTenant(app, 'acme');
  const theirs = await getToken(acme, await createClient(acme, { clientId: 'board', audiences: [ORDERS] }));
  const others = [
    '',
    'Bearer',
    'Bearer garbage',
    `Bearer ${token.slice(0, -8)}AAAAAAAA`,
    `Bearer ${await getToken(app, client, { resource: `${app.url}/api` })}`,
    `Bearer ${await getToken(app, app.admin)}`,
    `Bearer ${theirs}`,
    `DPoP ${token}`,
    `Bearer ${token} ${token}`,
    `Bearer ${token} x`,
    `Basic ${Buffer.from(`board:${client.secret}`).toString('base64')}`,
  ];
  for (const authorization of others) {
    const { status, headers } = await verify(ASKED, authorization === '' ? {} : { authorization });
    expect([authorization, status, headers.get('www-authenticate')]).toEqual([authorization, 401, expect.stringMatching(/^(Bearer|DPoP)/)]);
  }
});

it('knows at once what ended a token, and that it is over', async () => {
  const leaving = await createClient(app, { clientId: 'leaving', scopes: ['orders:read'], audiences: [ORDERS] });
  const authorization = `Bearer ${await getToken(app, leaving)}`;
  const asked = () => statusOf(`${ASKED}&scope=orders:read`, { authorization });
  expect(await asked()).toBe(204);
  await app.api.updateClient('leaving', { scopes: ['orders:write'] });
  expect(await asked()).toBe(403);
  await app.api.deleteClient('leaving');
  expect(await asked()).toBe(401);
  const old = await bearer();
  advanceClock(601);
  expect(await statusOf(ASKED, old)).toBe(401);
});

it('tells the owner of the gateway what is wrong with the question, and lets nobody pass by it', async () => {
  const good = await bearer();
  for (const query of [
    '',
    'audience=',
    'scope=orders:read',
    `${ASKED}&scopes=orders:write`,
    `${ASKED}&audience=https://other.example`,
    `${ASKED}&scope=orders:read&scope=orders:write`,
    `${ASKED}&scope=`,
    `${ASKED}&scope=${client.secret}`,
    `${ASKED}&scope=orders:read+${client.secret}`,
    `${ASKED}&scope=+`,
    `${ASKED}&scope=%C2%A0`,
    `${ASKED}&scope=a%22b`,
    `${ASKED}&scope=a%0d%0aSet-Cookie:x`,
    `${ASKED}&scope=%C3%A9`,
    `${ASKED}&method=GET`,
    `${ASKED}&url=https://orders.example.com/`,
    `${ASKED}&method=GET&url=javascript:1`,
    `${ASKED}&access_token=x`,
  ]) {
    const { status, body } = await verify(query, good);
    expect([query, status, body.error]).toEqual([query, 400, 'invalid_request']);
    expect(JSON.stringify(body)).not.toContain(client.secret);
  }
  expect(app.logLines.at(-1)).toMatch(/"reason":"Ask with audience/);
});

describe('a bound token', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const prove = async (claims: object) =>
    new SignJWT({ iat: Math.floor(Date.now() / 1000), jti: randomUUID(), ...claims })
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: await exportJWK(publicKey) })
      .sign(privateKey);
  const hold = async (claims: object) => {
    const dpop = await prove({ htm: 'POST', htu: `${app.url}/connect/token` });
    const { body } = await postForm(app, '/connect/token', {
      credentials: client,
      body: { grant_type: 'client_credentials' },
      headers: { dpop },
    });
    const ath = createHash('sha256').update(body.access_token).digest('base64url');
    return { authorization: `DPoP ${body.access_token}`, dpop: await prove({ ath, ...claims }) };
  };
  const request = { htm: 'PUT', htu: `${ORDERS}/list/7` };

  it.each([
    ['as it was sent', `${ORDERS}/list/7?a=1&b=%262&audience=x#z`],
    ['encoded', encodeURIComponent(`${ORDERS}/list/7?a=1&b=2`)],
    ['encoded in parts', `${ORDERS}${encodeURIComponent('/list/7?a=1&b=2')}`],
  ])('passes with a proof about the request, its URL %s', async (_how, url) => {
    const held = await hold(request);
    expect(await statusOf(`${ASKED}&method=PUT&url=${url}`, held)).toBe(204);
    expect(await statusOf(`${ASKED}&method=PUT&url=${url}`, held)).toBe(401);
  });

  it.each([
    ['the gateway does not say what was asked for', ''],
    ['it is about another method', `&method=GET&url=${request.htu}`],
    ['it is about another URL', `&method=PUT&url=${ORDERS}/list/8`],
  ])('does not when %s', async (_why, rest) => {
    const { status, headers } = await verify(ASKED + rest, await hold(request));
    expect([status, headers.get('www-authenticate')]).toEqual([401, expect.stringMatching(/^DPoP .*invalid_dpop_proof/)]);
  });

  it('does not as a bearer token', async () => {
    const { authorization } = await hold(request);
    expect(await statusOf(ASKED, { authorization: authorization.replace('DPoP', 'Bearer') })).toBe(401);
  });
});

it('lets nobody pass while the database is away', async () => {
  const good = await bearer();
  const { database } = app.installation;
  const read = jest.spyOn(database, 'read').mockRejectedValue(new DatabaseUnavailable());
  const { status, headers } = await verify(ASKED, good);
  read.mockRestore();
  expect([status, headers.get('retry-after')]).toEqual([503, expect.any(String)]);
});

describe('/.well-known/jwks.pem', () => {
  const read = () => readAnswer(fetch(`${app.url}/.well-known/jwks.pem`));
  const keysIn = (text: string) => text.match(/-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----\n/g) ?? [];

  it('has the keys of the JWKS, that of the present tokens first', async () => {
    await app.api.rotateSigningKey();
    const { status, headers, text } = await read();
    expect([status, headers.get('content-type'), headers.get('cache-control')]).toEqual([
      200,
      'application/x-pem-file',
      'public, max-age=300',
    ]);
    const keys = keysIn(text);
    expect(keys.join('')).toBe(text);
    const { keys: jwks } = (await readAnswer(fetch(`${app.url}/.well-known/jwks.json`))).body;
    expect(keys.map((pem) => createPublicKey(pem).export({ format: 'jwk' }))).toEqual(
      jwks.map(({ kid: _kid, alg: _alg, use: _use, ...jwk }: Record<string, string>) => jwk),
    );
    await jwtVerify(await getToken(app, client), createPublicKey(text), { issuer: app.url });
  });

  it('is there for pages, as the JWKS is', async () => {
    expect((await read()).headers.get('access-control-allow-origin')).toBe('*');
  });
});
