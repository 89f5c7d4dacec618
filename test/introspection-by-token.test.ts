import { createHash, generateKeyPairSync, randomUUID } from 'node:crypto';
import { exportJWK, SignJWT } from 'jose';
import { type Credentials, claimsOf, createClient, createTenant, getToken, postForm, startApp, type TestApp } from '../testbed/app.js';

let app: TestApp;
let endpoint: string;
let api: Credentials;
let plain: Credentials;
let looked: string;

beforeAll(async () => {
  app = await startApp({ FAILURE_LIMIT: '0' });
  endpoint = `${app.url}/connect/introspect`;
  api = await createClient(app, { clientId: 'api', scopes: ['tokens:introspect', 'orders:read'] });
  plain = await createClient(app, { clientId: 'plain', scopes: ['orders:read'] });
  looked = await getToken(app, plain);
});
afterAll(() => app.stop());

const look = (authorization: string, token = looked, headers: Record<string, string> = {}) =>
  postForm(app, '/connect/introspect', { body: { token }, headers: { authorization, ...headers } });

it('looks into every token of the tenant for the bearer of a token for it', async () => {
  const token = await getToken(app, api, { resource: endpoint });
  expect(claimsOf(token)).toMatchObject({ aud: endpoint, scope: 'tokens:introspect' });
  const { status, body, headers } = await look(`Bearer ${token}`);
  expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
  expect(body).toMatchObject({ active: true, client_id: 'plain', scope: 'orders:read', token_type: 'Bearer' });
  expect((await look(`bearer  ${token}`)).body.active).toBe(true);
  expect((await look(`Bearer ${token}`, 'garbage')).body).toEqual({ active: false });
});

it('gives such a token to nobody without the right', async () => {
  const answer = await postForm(app, '/connect/token', {
    credentials: plain,
    body: { grant_type: 'client_credentials', resource: endpoint },
  });
  expect([answer.status, answer.body.error]).toEqual([400, 'invalid_target']);
  const scope = await postForm(app, '/connect/token', {
    credentials: api,
    body: { grant_type: 'client_credentials', resource: endpoint, scope: 'orders:read' },
  });
  expect([scope.status, scope.body.error]).toEqual([400, 'invalid_scope']);
});

it('is closed to a token for another audience, though the right is in it', async () => {
  const token = await getToken(app, api);
  expect(claimsOf(token).scope).toContain('tokens:introspect');
  for (const other of [token, await getToken(app, app.admin), 'garbage', '', `${await getToken(app, api, { resource: endpoint })}x`]) {
    const { status, body, headers } = await look(`Bearer ${other}`);
    expect([status, body.error, headers.get('www-authenticate')]).toEqual([
      401,
      'invalid_token',
      expect.stringMatching(/^Bearer error="invalid_token"/),
    ]);
  }
});

it("is closed to another tenant's token", async () => {
  const acme = await createTenant(app, 'acme');
  const theirs = await createClient(acme, { clientId: 'api', scopes: ['tokens:introspect'] });
  const token = await getToken(acme, theirs, { resource: `${acme.url}/connect/introspect` });
  expect((await look(`Bearer ${token}`)).status).toBe(401);
});

it('is closed as soon as the right is taken away, or the client', async () => {
  const leaving = await createClient(app, { clientId: 'leaving', scopes: ['tokens:introspect'] });
  const token = await getToken(app, leaving, { resource: endpoint });
  expect((await look(`Bearer ${token}`)).status).toBe(200);
  await app.api.updateClient('leaving', { scopes: ['orders:read'] });
  const { status, body, headers } = await look(`Bearer ${token}`);
  expect([status, body.error, headers.get('www-authenticate')]).toEqual([
    403,
    'insufficient_scope',
    expect.stringContaining('tokens:introspect'),
  ]);
  await app.api.deleteClient('leaving');
  expect((await look(`Bearer ${token}`)).status).toBe(401);
});

it('takes a bound token with a proof of its key alone', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = await exportJWK(publicKey);
  const prove = (path: string, more = {}) =>
    new SignJWT({ htm: 'POST', htu: app.url + path, iat: Math.floor(Date.now() / 1000), jti: randomUUID(), ...more })
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
      .sign(privateKey);
  const { body } = await postForm(app, '/connect/token', {
    credentials: api,
    body: { grant_type: 'client_credentials', resource: endpoint },
    headers: { dpop: await prove('/connect/token') },
  });
  const ath = createHash('sha256').update(body.access_token).digest('base64url');
  expect((await look(`Bearer ${body.access_token}`)).status).toBe(401);
  expect((await look(`DPoP ${body.access_token}`)).status).toBe(401);
  expect((await look(`DPoP ${body.access_token}`, looked, { dpop: await prove('/connect/introspect', { ath }) })).body.active).toBe(true);
});

it('refuses a second way to prove oneself, and whatever is secret in the URL', async () => {
  const authorization = `Bearer ${await getToken(app, api, { resource: endpoint })}`;
  const ask = (path: string, more: Record<string, string>) =>
    postForm(app, path, { body: { token: looked, ...more }, headers: { authorization } });
  const both = { client_id: api.clientId, client_secret: api.secret };
  const answers = [
    await ask('/connect/introspect', both),
    await ask('/connect/introspect', { client_assertion: 'x', client_assertion_type: 'y' }),
    await ask(`/connect/introspect?client_secret=${api.secret}`, {}),
    await ask(`/connect/introspect?token=${looked}`, {}),
  ];
  for (const { status, body } of answers) expect([status, body.error]).toEqual([400, 'invalid_request']);
});

it('asks for one token, in a form', async () => {
  const authorization = `Bearer ${await getToken(app, api, { resource: endpoint })}`;
  for (const body of ['', 'token=a&token=b', `x=${'x'.repeat(60_000)}`]) {
    const { status, body: answer } = await postForm(app, '/connect/introspect', { body, headers: { authorization } });
    expect([status, answer.error]).toEqual([body.length > 1000 ? 413 : 400, 'invalid_request']);
  }
  const json = await postForm(app, '/connect/introspect', { body: '{}', headers: { authorization, 'content-type': 'application/json' } });
  expect(json.status).toBe(415);
});
