import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { SignJWT } from 'jose';
import { claimsOf, createClient, createTenant, postForm, startApp, type TestApp, type TestTenant } from '../testbed/app.js';
import {
  makeIssuerKey,
  signToken,
  startWorkloadIssuer,
  type TokenParts,
  WORKLOADS,
  type WorkloadIssuer,
} from '../testbed/workload-issuer.js';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const CREATE_ISSUER = 'mutation ($input: CreateTrustedIssuerInput!) { createTrustedIssuer(input: $input) { issuer } }';
const UPDATE_ISSUER = `mutation ($issuer: String!, $input: UpdateTrustedIssuerInput!) { updateTrustedIssuer(issuer: $issuer, input: $input) { version } }`;
const CREATE_CLIENT = 'mutation ($input: CreateClientInput!) { createClient(input: $input) { client { clientId } clientSecret } }';
const UPDATE_CLIENT =
  'mutation ($clientId: String!, $input: UpdateClientInput!) { updateClient(clientId: $clientId, input: $input) { federatedCredentials { id } } }';

let app: TestApp;
let issuer: WorkloadIssuer;
let made = 0;

beforeAll(async () => {
  app = await startApp({ FAILURE_LIMIT: '0' });
  issuer = await startWorkloadIssuer();
  await trust(app, { issuer: issuer.url });
});

afterAll(async () => {
  await app?.stop();
  await issuer?.stop();
});

beforeEach(() => {
  issuer.paths.length = 0;
});

async function trust(tenant: TestTenant, input: object): Promise<void> {
  const { body, text } = await tenant.administer(CREATE_ISSUER, { input: { name: 'Platform', ...input } });
  if (body.errors) throw new Error(text);
}

/** A client of which one of these proves who it is. */
async function createFederated(tenant: TestTenant, ...credentials: object[]): Promise<string> {
  made += 1;
  const clientId = `workload-${made}`;
  const input = { name: clientId, clientId, authMethod: 'FEDERATED_JWT', federatedCredentials: credentials };
  const { body, text } = await tenant.administer(CREATE_CLIENT, { input });
  if (body.errors) throw new Error(text);
  expect(body.data.createClient.clientSecret).toBeNull();
  return clientId;
}

function ask({ url }: { url: string }, assertion: string, parameters: Record<string, string> = {}) {
  const body = { grant_type: 'client_credentials', client_assertion_type: ASSERTION_TYPE, client_assertion: assertion, ...parameters };
  return postForm({ url }, '/connect/token', { body });
}

/** The status of a request with a token of the issuer. */
async function statusWith(parts: TokenParts, parameters: Record<string, string> = {}): Promise<number> {
  return (await ask(app, await issuer.sign(app.url, parts), parameters)).status;
}

async function introspect(tenant: TestTenant, token: string): Promise<boolean> {
  made += 1;
  const inspector = await createClient(tenant, { clientId: `inspector-${made}`, scopes: ['tokens:introspect'] });
  return (await postForm(tenant, '/connect/introspect', { credentials: inspector, body: { token } })).body.active;
}

it('PROTOCOL 25: takes a token of a trusted issuer whose subject a credential has, with the client id and without it', async () => {
  const clientId = await createFederated(app, { issuer: issuer.url, subject: 'job:one' });
  const claims = { sub: 'job:one' };
  for (const parameters of [{}, { client_id: clientId }]) {
    const answer = await ask(app, await issuer.sign(app.url, { claims }), parameters as Record<string, string>);
    expect(answer.status).toBe(200);
    expect(claimsOf(answer.body.access_token)).toMatchObject({ sub: clientId, client_id: clientId });
  }
});

it('takes tokens of GitHub Actions, Kubernetes, SPIFFE, GitLab and Google as these platforms make them', async () => {
  const tenant = await createTenant(app, 'platforms');
  const key = await makeIssuerKey('platform', 'RS256');
  const terms: [keyof typeof WORKLOADS, object][] = [
    ['githubActions', { subjectPattern: 'repo:octo-org/*:ref:refs/heads/main', claims: { repository_owner_id: '65', event_name: 'push' } }],
    ['kubernetes', { subject: WORKLOADS.kubernetes.sub, claims: { 'kubernetes.io': { namespace: 'billing' } } }],
    ['spiffe', { subjectPattern: 'spiffe://example.org/ns/billing/**' }],
    ['gitlab', { subjectPattern: 'project_path:acme/*:ref_type:branch:ref:main', claims: { namespace_id: '72' } }],
    ['google', { subject: WORKLOADS.google.sub }],
  ];
  for (const [platform, credential] of terms) {
    const claims = WORKLOADS[platform];
    const name = claims.iss ?? 'spiffe://example.org';
    const jwks = { keys: [{ ...key.jwk, use: platform === 'spiffe' ? 'jwt-svid' : 'sig' }] };
    await trust(tenant, { name: platform, issuer: name, jwks });
    const clientId = await createFederated(tenant, { issuer: name, ...credential });
    const token = await signToken(name, key, tenant.url, { claims: { ...claims } });
    const answer = await ask(tenant, token, { client_id: clientId });
    expect([platform, answer.status]).toEqual([platform, 200]);
  }
});

it('PROTOCOL 25: tells whose token it is by issuer and subject where they name one client alone', async () => {
  const [one, other] = [
    await createFederated(app, { issuer: issuer.url, subject: 'job:shared' }),
    await createFederated(app, { issuer: issuer.url, subject: 'job:shared' }),
  ];
  const parts = { claims: { sub: 'job:shared' } };
  expect(await statusWith(parts)).toBe(401);
  expect(await statusWith(parts, { client_id: one })).toBe(200);
  expect(await statusWith(parts, { client_id: other })).toBe(200);
  await app.api.deleteClient(other);
  expect(await statusWith(parts)).toBe(200);
  // A pattern names nobody by itself.
  const loose = await createFederated(app, { issuer: issuer.url, subjectPattern: 'loose:*' });
  expect(await statusWith({ claims: { sub: 'loose:a' } })).toBe(401);
  expect(await statusWith({ claims: { sub: 'loose:a' } }, { client_id: loose })).toBe(200);
});

it('takes any credential that fits, with the audience that is its own', async () => {
  const audience = 'api://latchkey';
  await createFederated(
    app,
    { issuer: issuer.url, subject: 'job:any', claims: { stage: 'live' } },
    { issuer: issuer.url, subject: 'job:any', claims: { stage: 'test' }, audience },
  );
  const status = async (stage: unknown, aud: unknown) => statusWith({ claims: { sub: 'job:any', stage, aud } });
  expect(await status('live', app.url)).toBe(200);
  expect(await status('live', [app.url])).toBe(200);
  expect(await status('test', audience)).toBe(200);
  expect(await status('live', audience)).toBe(401);
  expect(await status('test', app.url)).toBe(401);
  expect(await status(['live'], app.url)).toBe(401);
  expect(await status(undefined, app.url)).toBe(401);
});

it('PROTOCOL 26: refuses in the same words whatever is wrong, and writes down why', async () => {
  const clientId = await createFederated(app, { issuer: issuer.url, subject: 'job:strict', claims: { env: 'live' } });
  const claims = { sub: 'job:strict', env: 'live' };
  const now = Math.floor(Date.now() / 1000);
  const foreign = await makeIssuerKey('one');
  const hmac = await new SignJWT({ ...claims, iss: issuer.url, aud: app.url, exp: now + 60 })
    .setProtectedHeader({ alg: 'HS256', kid: 'one' })
    .sign(Buffer.from(JSON.stringify(issuer.jwks().keys[0])));
  const [, payload] = (await issuer.sign(app.url, { claims })).split('.');
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
  const wrong: Record<string, TokenParts | string> = {
    'another issuer': { claims: { ...claims, iss: `${issuer.url}/` } },
    'another subject': { claims: { ...claims, sub: 'job:strict ' } },
    'another claim': { claims: { ...claims, env: 'test' } },
    'another audience': { claims: { ...claims, aud: `${app.url}/` } },
    'two audiences': { claims: { ...claims, aud: [app.url, 'https://elsewhere.example'] } },
    'no audience': { claims: { ...claims, aud: undefined } },
    'no end': { claims: { ...claims, exp: undefined } },
    'an end that is no number': { claims: { ...claims, exp: String(now + 60) } },
    'too long a life': { claims: { ...claims, exp: now + 3700 } },
    'too long a life from when it was made': { claims: { ...claims, iat: now - 3000, exp: now + 900 } },
    expired: { claims: { ...claims, iat: now - 300, exp: now - 60 } },
    'from the future': { claims: { ...claims, iat: now + 300, exp: now + 360 } },
    'not valid yet': { claims: { ...claims, nbf: now + 300 } },
    'a key of nobody': { claims, key: foreign },
    'a key that is unknown': { claims, key: { ...foreign, jwk: { ...foreign.jwk, kid: 'two' } } },
    'an extension': { claims, header: { crit: ['b64'], b64: true } },
    'HS256 with the public key': hmac,
    none: unsigned,
    ...Object.fromEntries(['at+jwt', 'dpop+jwt', 'logout+jwt', 'secevent+jwt'].map((typ) => [typ, { claims, header: { typ } }])),
  };
  const unknown = await postForm(app, '/connect/token', {
    body: { grant_type: 'client_credentials', client_id: 'nobody-here', client_secret: `lk_${'x'.repeat(49)}` },
  });
  for (const [why, parts] of Object.entries(wrong)) {
    const token = typeof parts === 'string' ? parts : await issuer.sign(app.url, parts);
    const answer = await ask(app, token, { client_id: clientId });
    expect([why, answer.status, answer.text]).toEqual([why, 401, unknown.text]);
  }
  const reasons = app.logLines.map((line) => JSON.parse(line).reason).filter((reason) => reason !== undefined);
  expect(reasons).toEqual(
    expect.arrayContaining(['no credential of the client has this subject and these claims', 'the signature is wrong']),
  );
  for (const typ of [undefined, 'JWT', 'client-authentication+jwt', 'application/JWT'])
    expect(await statusWith({ claims, header: { typ } }, { client_id: clientId })).toBe(200);
});

it("refuses a token that is for another tenant's issuer, and one that only another tenant trusts", async () => {
  const [acme, other] = [await createTenant(app, 'acme'), await createTenant(app, 'other')];
  await trust(acme, { issuer: issuer.url });
  await createFederated(acme, { issuer: issuer.url, subject: 'job:acme' });
  const token = await issuer.sign(acme.url, { claims: { sub: 'job:acme' } });
  expect((await ask(acme, token)).status).toBe(200);
  expect((await ask(other, token)).status).toBe(401);
  await trust(other, { issuer: issuer.url });
  await createFederated(other, { issuer: issuer.url, subject: 'job:acme' });
  expect((await ask(other, token)).status).toBe(401);
});

it('PROTOCOL 27: asks nobody for keys before a credential fits, and then once', async () => {
  const tenant = await createTenant(app, 'quiet');
  await trust(tenant, { issuer: issuer.url });
  await createFederated(tenant, { issuer: issuer.url, subject: 'job:quiet' });
  expect((await ask(tenant, await issuer.sign(tenant.url, { claims: { sub: 'job:else' } }))).status).toBe(401);
  expect(issuer.paths).toEqual([]);
  const tokens = await Promise.all(Array.from({ length: 20 }, () => issuer.sign(tenant.url, { claims: { sub: 'job:quiet' } })));
  const answers = await Promise.all(tokens.map((token) => ask(tenant, token)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect(issuer.paths).toEqual(['/.well-known/openid-configuration', '/jwks']);
});

it('PROTOCOL 28: ends tokens and what was issued through an issuer with it: disabled, enabled again, deleted, trusted again', async () => {
  const tenant = await createTenant(app, 'ends');
  await trust(tenant, { issuer: issuer.url });
  await createFederated(tenant, { issuer: issuer.url, subject: 'job:ends' });
  const get = async () => ask(tenant, await issuer.sign(tenant.url, { claims: { sub: 'job:ends' } }));
  const first = (await get()).body.access_token;
  expect(await introspect(tenant, first)).toBe(true);
  const change = (input: object) => tenant.administer(UPDATE_ISSUER, { issuer: issuer.url, input });
  await change({ enabled: false });
  expect(await introspect(tenant, first)).toBe(false);
  expect((await get()).status).toBe(401);
  await change({ enabled: true });
  expect(await introspect(tenant, first)).toBe(false);
  const second = (await get()).body.access_token;
  expect(await introspect(tenant, second)).toBe(true);
  await tenant.administer(`mutation { deleteTrustedIssuer(issuer: "${issuer.url}") { issuer } }`);
  expect(await introspect(tenant, second)).toBe(false);
  expect((await get()).status).toBe(401);
  await trust(tenant, { issuer: issuer.url });
  expect(await introspect(tenant, second)).toBe(false);
  expect((await get()).status).toBe(200);
});

it('PROTOCOL 28: ends what was issued by a credential with it, and by no other', async () => {
  const kept = { issuer: issuer.url, subject: 'job:kept' };
  const clientId = await createFederated(app, kept, { issuer: issuer.url, subject: 'job:dropped' });
  const get = async (sub: string) => (await ask(app, await issuer.sign(app.url, { claims: { sub } }))).body.access_token;
  const [one, other] = [await get('job:kept'), await get('job:dropped')];
  const { body } = await app.administer(UPDATE_CLIENT, {
    clientId,
    input: { federatedCredentials: [kept, { issuer: issuer.url, subject: 'job:new' }] },
  });
  expect(body.data.updateClient.federatedCredentials).toHaveLength(2);
  expect(await introspect(app, one)).toBe(true);
  expect(await introspect(app, other)).toBe(false);
  expect(await get('job:dropped')).toBeUndefined();
  expect(await get('job:new')).toEqual(expect.any(String));
});

it('counts a token once where the issuer says so, and again and again where it does not', async () => {
  const tenant = await createTenant(app, 'once');
  await trust(tenant, { issuer: issuer.url, singleUse: true });
  await createFederated(tenant, { issuer: issuer.url, subject: 'job:once' });
  const token = await issuer.sign(tenant.url, { claims: { sub: 'job:once', jti: 'first' } });
  expect([(await ask(tenant, token)).status, (await ask(tenant, token)).status]).toEqual([200, 401]);
  expect((await ask(tenant, await issuer.sign(tenant.url, { claims: { sub: 'job:once' } }))).status).toBe(401);
  const many = await issuer.sign(tenant.url, { claims: { sub: 'job:once', jti: 'second' } });
  const statuses = await Promise.all(Array.from({ length: 8 }, async () => (await ask(tenant, many)).status));
  expect(statuses.filter((status) => status === 200)).toHaveLength(1);
  await tenant.administer(UPDATE_ISSUER, { issuer: issuer.url, input: { singleUse: false } });
  expect((await ask(tenant, token)).status).toBe(200);
});

it('tells when a credential was used, how often and from where, and warns of a service account that every pod has', async () => {
  const subject = 'system:serviceaccount:billing:default';
  const clientId = await createFederated(app, { issuer: issuer.url, subject });
  expect(await statusWith({ claims: { sub: subject } })).toBe(200);
  expect(await statusWith({ claims: { sub: subject } }, { client_id: clientId })).toBe(200);
  await app.installation.use.flush();
  const { body } = await app.administer(
    `{ client(clientId: "${clientId}") { federatedCredentials { issuer subject subjectPattern claims audience useCount lastUsedAt lastUsedIp warnings } } }`,
  );
  const [credential] = body.data.client.federatedCredentials;
  expect(credential).toMatchObject({ issuer: issuer.url, subject, subjectPattern: null, claims: {}, audience: app.url, useCount: 2 });
  expect(credential.lastUsedAt).toEqual(expect.any(String));
  expect(credential.lastUsedIp).toEqual(expect.any(String));
  expect(credential.warnings).toEqual([expect.stringContaining('Every pod')]);
});

it('looks into tokens and revokes them for a client that proves itself so', async () => {
  await createFederated(app, { issuer: issuer.url, subject: 'job:self' });
  const sign = () => issuer.sign(app.url, { claims: { sub: 'job:self' } });
  const token = (await ask(app, await sign())).body.access_token;
  const post = async (path: string) =>
    postForm(app, path, { body: { token, client_assertion_type: ASSERTION_TYPE, client_assertion: await sign() } });
  expect((await post('/connect/introspect')).body.active).toBe(true);
  expect((await post('/connect/revocation')).status).toBe(200);
  expect((await post('/connect/introspect')).body).toEqual({ active: false });
});

it('PROTOCOL 32: refuses two ways in one request, and an assertion of another type', async () => {
  await createFederated(app, { issuer: issuer.url, subject: 'job:two' });
  const token = await issuer.sign(app.url, { claims: { sub: 'job:two' } });
  const both = await ask(app, token, { client_secret: `lk_${'x'.repeat(49)}` });
  expect([both.status, both.body.error]).toEqual([400, 'invalid_request']);
  const type = { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer' };
  expect((await ask(app, token, type)).status).toBe(400);
  const spiffe = { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-spiffe' };
  expect((await ask(app, token, spiffe)).status).toBe(200);
});
