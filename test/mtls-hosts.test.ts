import { createHash, randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { DatabaseUnavailable } from '../src/platform/errors.js';
import { type Answer, readAnswer } from '../testbed/answer.js';
import { claimsOf, createClient, createTenant, postForm, requestToken, startApp, type TestApp, type TestTenant } from '../testbed/app.js';
import { makeAuthority, makeCertificate } from '../testbed/certificate-maker.js';

const METADATA = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'];
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const BEHIND_PROXY = { FAILURE_LIMIT: '0', TRUST_PROXY: '127.0.0.1,::1', CLIENT_CERT_HEADER: 'rfc9440' };
const VIEWER = JSON.stringify({ query: '{ viewer { clientId } }' });

let app: TestApp;
let acme: TestTenant;
const authority = makeAuthority();
const certificate = makeCertificate({ by: authority, subject: 'billing' });
const shown = (one = certificate) => ({ 'client-cert': `:${one.der.toString('base64')}:` });

/** Where clients of a tenant connect with a certificate. */
const at = (tenant: { url: string }) => ({ url: tenant.url.replace('//', '//mtls.') });
const hostOf = ({ url }: { url: string }) => new URL(url).host;
const now = () => Math.floor(Date.now() / 1000);

beforeAll(async () => {
  app = await startApp({ ...BEHIND_PROXY, TRUST_FORWARDED_HOST: 'true', MTLS_HOST_PREFIX: 'mtls.' });
  acme = await createTenant(app, 'acme');
  const believe = 'mutation ($input: CreateCertificateAuthorityInput!) { createCertificateAuthority(input: $input) { id } }';
  await acme.administer(believe, { input: { name: 'Mesh', certificate: authority.pem } });
  await createClient(acme, {
    clientId: 'billing',
    scopes: ['clients:read'],
    authMethod: 'TLS_CLIENT_AUTH',
    tlsClientAuth: { subjectDn: 'CN=billing' },
    senderConstraint: 'CERTIFICATE',
  });
});
afterAll(() => app.stop());

const metadataAt = ({ url }: { url: string }, path = METADATA[0]) => readAnswer(fetch(url + path));
const tokenOfBilling = (where: { url: string }, headers: Record<string, string> = shown()) =>
  postForm(where, '/connect/token', { headers, body: { grant_type: 'client_credentials', client_id: 'billing' } });
const callWith = ({ url }: { url: string }, headers: Record<string, string>) =>
  readAnswer(fetch(`${url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: VIEWER }));
/** Asks as a proxy does that is at another host itself. */
const askAs = (
  headers: Record<string, string>,
  { path = METADATA[0], port = app.port }: { path?: string | undefined; port?: number } = {},
): Promise<{ status: number | undefined; text: string }> =>
  new Promise((resolve, reject) => {
    request({ port, host: '127.0.0.1', path, headers }, async (response) => {
      let text = '';
      for await (const chunk of response) text += chunk;
      resolve({ status: response.statusCode, text });
    })
      .on('error', reject)
      .end();
  });

async function withoutDatabase(work: () => Promise<void>): Promise<void> {
  const { database } = app.installation;
  const { read } = database;
  database.read = () => Promise.reject(new DatabaseUnavailable());
  await work().finally(() => {
    database.read = read;
  });
}

it.each(METADATA)('%s tells of the endpoints at the other host, and is the same there', async (path) => {
  for (const tenant of [app, acme]) {
    const { body } = await metadataAt(tenant, path);
    expect(body).toMatchObject({ issuer: tenant.url, token_endpoint: `${tenant.url}/connect/token` });
    expect(body.mtls_endpoint_aliases).toEqual({
      token_endpoint: `${at(tenant).url}/connect/token`,
      introspection_endpoint: `${at(tenant).url}/connect/introspect`,
      revocation_endpoint: `${at(tenant).url}/connect/revocation`,
    });
    expect((await metadataAt(at(tenant), path)).body).toEqual(body);
  }
});

it('tells of no other endpoints, and has no other host, without the setting', async () => {
  const plain = await startApp(BEHIND_PROXY);
  try {
    const { body } = await metadataAt(plain);
    expect(body.token_endpoint_auth_methods_supported).toContain('tls_client_auth');
    expect(body).not.toHaveProperty('mtls_endpoint_aliases');
    expect((await metadataAt(at(plain))).status).toBe(421);
    await createTenant(plain, 'mtls.free');
  } finally {
    await plain.stop();
  }
});

it('gives a token there with a certificate, of the same issuer, which counts there and at the first host', async () => {
  const { status, body } = await tokenOfBilling(at(acme));
  expect(status).toBe(200);
  expect(claimsOf(body.access_token)).toMatchObject({ iss: acme.url, aud: `${acme.url}/graphql`, cnf: { 'x5t#S256': expect.any(String) } });
  expect((await tokenOfBilling(at(acme), {})).status).toBe(401);
  const bearer = { authorization: `Bearer ${body.access_token}` };
  for (const where of [at(acme), acme]) {
    expect((await callWith(where, { ...bearer, ...shown() })).body.data).toEqual({ viewer: { clientId: 'billing' } });
    expect((await callWith(where, bearer)).status).toBe(401);
    expect((await callWith(where, { ...bearer, ...shown(makeCertificate({ by: authority, subject: 'billing' })) })).status).toBe(401);
  }
  const question = `/connect/verify?audience=${acme.url}/graphql`;
  expect((await fetch(at(acme).url + question, { headers: { ...bearer, ...shown() } })).status).toBe(204);
  const named = { headers: shown(), body: { client_id: 'billing', token: body.access_token } };
  expect((await postForm(at(acme), '/connect/introspect', named)).body).toMatchObject({ active: true, iss: acme.url });
  expect((await postForm(at(acme), '/connect/revocation', named)).status).toBe(200);
  expect((await postForm(at(acme), '/connect/introspect', named)).body).toEqual({ active: false });
});

it('whoever manages clients is told where these connect', async () => {
  const query = '{ viewer { certificateOrigin } }';
  for (const tenant of [app, acme]) {
    const { body } = await tenant.administer(query);
    expect(body.data.viewer).toEqual({ certificateOrigin: at(tenant).url });
  }
});

it('has nothing there for browsers', async () => {
  const paths = ['/', '/client', '/tenants', '/session', '/sign-in', '/assets/x.js', '/connect/leaked', '/nowhere'];
  for (const path of paths) {
    for (const method of ['GET', 'POST', 'DELETE', 'OPTIONS']) {
      const answer = await readAnswer(fetch(at(acme).url + path, { method, headers: { accept: 'application/json' } }));
      expect([path, answer.status, answer.body.error]).toEqual([path, 404, 'not_found']);
    }
  }
  const headers = { accept: 'text/html' };
  expect(await (await fetch(`${acme.url}/graphql`, { headers })).text()).toMatch(/^<!doctype html>/i);
  const explorer = await fetch(`${at(acme).url}/graphql`, { headers });
  expect([explorer.status, await explorer.text()]).toEqual([expect.any(Number), expect.not.stringContaining('<script')]);
  expect(explorer.status).toBeGreaterThanOrEqual(400);
  expect((await fetch(`${acme.url}/session`)).status).toBe(200);
  expect((await fetch(`${at(acme).url}/.well-known/jwks.json`)).status).toBe(200);
  expect((await fetch(`${at(acme).url}/connect/token`)).status).toBe(405);
});

describe('an assertion', () => {
  let prove: (where: { url: string }, aud: string) => Promise<Answer>;

  beforeAll(async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    await createClient(acme, { clientId: 'keyed', authMethod: 'PRIVATE_KEY_JWT', jwks: { keys: [await exportJWK(publicKey)] } });
    prove = async (where, aud) => {
      const claims = { iss: 'keyed', sub: 'keyed', aud, iat: now(), exp: now() + 60, jti: randomUUID() };
      const assertion = await new SignJWT(claims).setProtectedHeader({ alg: 'ES256' }).sign(privateKey);
      const body = { grant_type: 'client_credentials', client_assertion_type: ASSERTION_TYPE, client_assertion: assertion };
      return postForm(where, '/connect/token', { body });
    };
  });

  it.each<[string, (tenant: { url: string }) => string, number, number]>([
    ['the issuer', ({ url }) => url, 200, 200],
    ['the token endpoint', ({ url }) => `${url}/connect/token`, 200, 200],
    ['the token endpoint at the other host', (tenant) => `${at(tenant).url}/connect/token`, 401, 200],
    ['the other host', (tenant) => at(tenant).url, 401, 401],
  ])('that is for %s is taken where it is meant for', async (_what, audienceOf, first, second) => {
    expect((await prove(acme, audienceOf(acme))).status).toBe(first);
    expect((await prove(at(acme), audienceOf(acme))).status).toBe(second);
    // Of another tenant it is worth nothing at either.
    expect((await prove(at(acme), audienceOf(app))).status).toBe(401);
  });
});

it('a proof of a key names the URL that the request was sent to', async () => {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = await exportJWK(publicKey);
  const client = await createClient(acme, { clientId: 'bound', scopes: ['clients:read'], senderConstraint: 'DPOP' });
  const proofOf = (htu: string, claims: object = {}) =>
    new SignJWT({ htm: 'POST', htu, iat: now(), jti: randomUUID(), ...claims })
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
      .sign(privateKey);
  const askWith = async (where: { url: string }, htu: string) =>
    postForm(where, '/connect/token', {
      credentials: client,
      headers: { dpop: await proofOf(htu) },
      body: { grant_type: 'client_credentials' },
    });
  const [first, second] = [`${acme.url}/connect/token`, `${at(acme).url}/connect/token`];
  expect(await Promise.all([askWith(acme, first), askWith(at(acme), second)])).toMatchObject([{ status: 200 }, { status: 200 }]);
  expect(await Promise.all([askWith(acme, second), askWith(at(acme), first)])).toMatchObject([
    { status: 400, body: { error: 'invalid_dpop_proof' } },
    { status: 400, body: { error: 'invalid_dpop_proof' } },
  ]);
  const token = (await askWith(at(acme), second)).body.access_token as string;
  const ath = createHash('sha256').update(token).digest('base64url');
  const call = async (where: { url: string }, by: { url: string }) =>
    (await callWith(where, { authorization: `DPoP ${token}`, dpop: await proofOf(`${by.url}/graphql`, { ath }) })).status;
  expect([await call(acme, acme), await call(at(acme), at(acme))]).toEqual([200, 200]);
  expect([await call(acme, at(acme)), await call(at(acme), acme)]).toEqual([401, 401]);
});

it("never serves another tenant there, nor one's own at hosts that are made up", async () => {
  const other = await createTenant(app, 'other');
  for (const where of [at(other), at(app), other]) expect((await tokenOfBilling(where)).status).toBe(401);
  expect((await requestToken(at(other), acme.admin)).status).toBe(401);
  expect((await requestToken(at(other), other.admin)).status).toBe(200);
  const { port } = app;
  const hosts = [
    `mtls.nobody.localhost:${port}`,
    `mtls.mtls.acme.localhost:${port}`,
    `mtls.acme.localhost:${port + 1}`,
    `mtls.acme.localhost`,
    `xmtls.acme.localhost:${port}`,
    `mtls.127.0.0.1:${port}`,
    `mtls.[::1]:${port}`,
    `mtls.:${port}`,
    'mtls.',
  ];
  for (const host of hosts) expect([host, (await askAs({ host })).status]).toEqual([host, 421]);
  expect(JSON.parse((await askAs({ host: `MTLS.Acme.localhost:${port}` })).text).issuer).toBe(acme.url);
});

it('a proxy names it as it names the first host', async () => {
  const forwarded = (host: string) => askAs({ host: 'inner', 'x-forwarded-host': host });
  expect(JSON.parse((await forwarded(hostOf(at(acme)))).text).issuer).toBe(acme.url);
  expect((await forwarded(`mtls.nobody.localhost:${app.port}`)).status).toBe(421);
  expect((await askAs({ host: 'inner', 'x-forwarded-host': hostOf(at(acme)) }, { path: '/' })).status).toBe(404);
});

it('ends with its tenant', async () => {
  const gone = await createTenant(app, 'gone');
  const client = await createClient(gone, { clientId: 'x' });
  expect((await requestToken(at(gone), client)).status).toBe(200);
  // Past the server: what is remembered of the host is not a second old.
  await app.database.query('UPDATE tenants SET enabled = 0 WHERE host = ?', [hostOf(gone)]);
  expect((await requestToken(at(gone), client)).status).toBe(421);
  await withoutDatabase(async () => expect((await metadataAt(at(gone))).status).toBe(503));
  expect((await metadataAt(at(gone))).status).toBe(421);
});

describe('a host that is registered', () => {
  const create = (host: string) =>
    app.administer('mutation ($input: CreateTenantInput!) { createTenant(input: $input) { tenant { host } } }', {
      input: { name: 'X', host },
    });
  /** As it was registered before there was the setting. */
  const rename = (tenant: TestTenant, host: string) =>
    app.database.query('UPDATE tenants SET host = ? WHERE host = ?', [host, hostOf(tenant)]);

  it('does not begin with the prefix', async () => {
    for (const host of [hostOf(at(acme)), `MTLS.acme.localhost:${app.port}`, `mtls.later.localhost:${app.port}`, 'mtls.example.com']) {
      const { errors } = (await create(host)).body;
      expect(errors[0].extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'input.host' }] });
      expect(errors[0].extensions.fields[0].message).toMatch(/^Give a host that does not begin with mtls\.: /);
    }
  });

  it("is its tenant's alone where it was there before, also while that is disabled", async () => {
    const [victim, before] = [await createTenant(app, 'victim'), await createTenant(app, 'before')];
    await rename(before, hostOf(at(victim)));
    expect((await victim.administer('{ viewer { certificateOrigin } }')).body.data.viewer).toEqual({ certificateOrigin: victim.url });
    const { body } = await metadataAt(victim);
    expect(body.issuer).toBe(victim.url);
    expect(body).not.toHaveProperty('mtls_endpoint_aliases');
    // Proxies may ask at any host.
    expect(body.token_endpoint_auth_methods_supported).toContain('tls_client_auth');
    expect((await metadataAt(at(victim))).body).toMatchObject({
      issuer: at(victim).url,
      token_endpoint: `${at(victim).url}/connect/token`,
    });
    expect((await metadataAt(at(victim))).body).not.toHaveProperty('mtls_endpoint_aliases');
    expect((await requestToken(at(victim), victim.admin)).status).toBe(401);
    expect((await requestToken(at(victim), before.admin)).status).toBe(200);
    expect((await fetch(`${at(victim).url}/session`)).status).toBe(200);
    expect((await metadataAt({ url: at(at(victim)).url })).status).toBe(421);
    await app.database.query('UPDATE tenants SET enabled = 0 WHERE host = ?', [hostOf(at(victim))]);
    expect((await requestToken(at(victim), victim.admin)).status).toBe(421);
    expect((await metadataAt(victim)).body).not.toHaveProperty('mtls_endpoint_aliases');
  });

  it('keeps others away whose clients would be asked for certificates there', async () => {
    const before = await createTenant(app, 'early');
    await rename(before, `mtls.late.localhost:${app.port}`);
    const { errors } = (await create(`late.localhost:${app.port}`)).body;
    expect(errors[0].extensions.code).toBe('HOST_TAKEN');
    expect(errors[0].message).toBe(
      `Clients of a tenant at late.localhost:${app.port} would show their certificates at mtls.late.localhost:${app.port}, which belongs to a tenant already. Choose another host.`,
    );
  });
});

it('an address as the issuer has no other host', async () => {
  const numbered = await startApp({ ...BEHIND_PROXY, MTLS_HOST_PREFIX: 'mtls.', ISSUER: 'http://127.0.0.1:4000' });
  try {
    const told = async (host: string) => {
      const { status, text } = await askAs({ host }, { port: numbered.port });
      return [host, status, JSON.parse(text).mtls_endpoint_aliases];
    };
    for (const host of ['127.0.0.1:4000', 'localhost:4000']) expect(await told(host)).toEqual([host, 200, undefined]);
    for (const host of ['mtls.127.0.0.1:4000', 'mtls.localhost:4000']) expect(await told(host)).toEqual([host, 421, undefined]);
  } finally {
    await numbered.stop();
  }
});

it('serves it while the database is away as it serves the first host', async () => {
  const { body } = await metadataAt(at(acme));
  await withoutDatabase(async () => {
    expect((await metadataAt(at(acme))).body).toEqual(body);
    expect((await askAs({ host: `mtls.unasked.localhost:${app.port}` })).status).toBe(503);
  });
});

it('a page at the first host reads nothing there without being asked', async () => {
  const headers = { origin: acme.url, 'sec-fetch-site': 'same-site' };
  const body = { grant_type: 'client_credentials', client_id: 'billing' };
  expect((await postForm(at(acme), '/connect/token', { headers: { ...headers, ...shown() }, body })).status).toBe(403);
  const cookie = (await fetch(`${acme.url}/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: acme.url },
    body: JSON.stringify({ clientId: acme.admin.clientId, clientSecret: acme.admin.secret }),
  }).then((answer) => answer.headers.get('set-cookie')?.split(';')[0])) as string;
  expect((await callWith(acme, { cookie, origin: acme.url })).status).toBe(200);
  expect((await callWith(at(acme), { cookie, ...headers })).status).toBe(403);
});
