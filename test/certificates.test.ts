import { generateKeyPairSync, randomUUID, X509Certificate } from 'node:crypto';
import { SignJWT } from 'jose';
import { readAnswer } from '../testbed/answer.js';
import {
  claimsOf,
  createClient,
  createTenant,
  graphql,
  postForm,
  requestToken,
  startApp,
  type TestApp,
  type TestTenant,
} from '../testbed/app.js';
import {
  AUTHORITY,
  alternativeNames,
  basicConstraints,
  CLIENT,
  CLIENT_AUTH,
  keyUsage,
  type MadeCertificate,
  makeAuthority,
  makeCertificate,
  purposes,
  type Recipe,
  SERVER_AUTH,
} from '../testbed/certificate-maker.js';
import { advanceClock, resetClock } from '../testbed/clock.js';

const HEADER = 'client-cert';
const DAY_MS = 86_400_000;
const DNS = 0x82;
const URI = 0x86;
const MAIL = 0x81;
const IP = 0x87;

let app: TestApp;
let authority: MadeCertificate;
let made = 0;

beforeAll(async () => {
  app = await startApp({ FAILURE_LIMIT: '0', TRUST_PROXY: '127.0.0.1,::1', CLIENT_CERT_HEADER: 'rfc9440' });
  authority = makeAuthority();
  await trust(app, authority);
});
afterAll(() => app.stop());
afterEach(resetClock);

async function trust(tenant: TestTenant, { pem }: MadeCertificate): Promise<string> {
  const query = 'mutation ($input: CreateCertificateAuthorityInput!) { createCertificateAuthority(input: $input) { fingerprint } }';
  const { body, text } = await tenant.administer(query, { input: { name: 'Authority', certificate: pem } });
  if (body.errors) throw new Error(text);
  return body.data.createCertificateAuthority.fingerprint;
}

async function register(input: object, tenant: TestTenant = app): Promise<string> {
  made += 1;
  const clientId = `mesh-${made}`;
  const query = 'mutation ($input: CreateClientInput!) { createClient(input: $input) { clientSecret } }';
  const { body, text } = await tenant.administer(query, { input: { name: clientId, clientId, ...input } });
  if (body.errors) throw new Error(text);
  expect(body.data.createClient.clientSecret).toBeNull();
  return clientId;
}

const byName = (tlsClientAuth: object) => register({ authMethod: 'TLS_CLIENT_AUTH', tlsClientAuth });
const signed = (recipe: Recipe = {}) => makeCertificate({ by: authority, ...recipe });
const named = (...names: [number, string | Buffer][]) => signed({ extensions: [...CLIENT, alternativeNames(...names)] });
const asHeader = ({ der }: MadeCertificate) => `:${der.toString('base64')}:`;

function ask(
  clientId: string,
  certificate: MadeCertificate | undefined,
  more: { tenant?: TestTenant; chain?: MadeCertificate[]; form?: object } = {},
) {
  const { tenant = app, chain = [], form = {} } = more;
  const headers = {
    ...(certificate && { [HEADER]: asHeader(certificate) }),
    ...(chain.length > 0 && { 'client-cert-chain': chain.map(asHeader).join(', ') }),
  };
  return postForm(tenant, '/connect/token', { headers, body: { grant_type: 'client_credentials', client_id: clientId, ...form } });
}

const statusOf = async (...asked: Parameters<typeof ask>) => (await ask(...asked)).status;

it.each<[string, object, () => MadeCertificate, () => MadeCertificate]>([
  ['subject', { subjectDn: 'CN=billing' }, () => signed({ subject: 'billing' }), () => signed({ subject: 'Billing' })],
  ['host', { sanDns: 'billing.example.com' }, () => named([DNS, 'Billing.example.com']), () => named([DNS, '*.example.com'])],
  [
    'SPIFFE ID',
    { sanUri: 'spiffe://example.org/billing' },
    () => named([URI, 'spiffe://example.org/billing']),
    () => named([URI, 'spiffe://example.org/billing/']),
  ],
  ['address', { sanIp: '192.0.2.7' }, () => named([IP, Buffer.from([192, 0, 2, 7])]), () => named([DNS, '192.0.2.7'])],
  ['mail', { sanEmail: 'billing@example.com' }, () => named([MAIL, 'billing@Example.com']), () => named([MAIL, 'Billing@example.com'])],
])("PROTOCOL 29: takes a certificate of the tenant's authority with the registered %s, and no other", async (_what, name, own, other) => {
  const clientId = await byName(name);
  const answer = await ask(clientId, own());
  expect(answer.status).toBe(200);
  expect(claimsOf(answer.body.access_token)).toMatchObject({ sub: clientId });
  expect(await statusOf(clientId, other())).toBe(401);
  expect(await statusOf(clientId, undefined)).toBe(401);
});

it('PROTOCOL 29: refuses in the same words whatever is wrong with a certificate', async () => {
  const clientId = await byName({ subjectDn: 'CN=a client' });
  const impostor = makeAuthority();
  const between = signed({ subject: 'between', extensions: AUTHORITY });
  const wrong: Record<string, MadeCertificate> = {
    expired: signed({ notBefore: Date.now() - 3 * DAY_MS, notAfter: Date.now() - DAY_MS }),
    'not valid yet': signed({ notBefore: Date.now() + DAY_MS, notAfter: Date.now() + 2 * DAY_MS }),
    'of an authority of the same name': makeCertificate({ by: impostor }),
    'of its own making': makeCertificate(),
    'of an authority itself': signed({ extensions: [...AUTHORITY, purposes(CLIENT_AUTH)] }),
    'without clientAuth': signed({ extensions: [basicConstraints(false), keyUsage(0)] }),
    'for servers': signed({ extensions: [basicConstraints(false), keyUsage(0), purposes(SERVER_AUTH)] }),
    'by one between that was not sent': makeCertificate({ by: between }),
  };
  const unknown = await ask('nobody-at-all', signed());
  for (const [what, certificate] of Object.entries(wrong)) {
    const answer = await ask(clientId, certificate);
    expect([what, answer.status, answer.text]).toEqual([what, 401, unknown.text]);
  }
  expect(unknown.status).toBe(401);
  expect(await statusOf(clientId, makeCertificate({ by: between }), { chain: [between] })).toBe(200);
  expect(await statusOf(clientId, signed())).toBe(200);
});

it('tells whoever reads clients what a certificate lacks', async () => {
  const clientId = await byName({ sanDns: 'billing.example.com' });
  await ask(clientId, named([DNS, 'other.example.com']));
  await ask(clientId, makeCertificate());
  await app.installation.refusals.flush();
  const { body } = await app.administer(
    `{ client(clientId: "${clientId}") { lastRefusals { authMethod about expected received reason } } }`,
  );
  expect(body.data.client.lastRefusals).toEqual([
    { authMethod: 'TLS_CLIENT_AUTH', about: null, expected: null, received: null, reason: expect.stringMatching(/authority/) },
    {
      authMethod: 'TLS_CLIENT_AUTH',
      about: 'sanDns',
      expected: 'billing.example.com',
      received: expect.stringContaining('other.example.com'),
      reason: expect.any(String),
    },
  ]);
});

it('PROTOCOL 30: believes a header from the addresses of proxies alone, once, and when it can be read', async () => {
  const clientId = await byName({ subjectDn: 'CN=a client' });
  expect(await statusOf(clientId, signed())).toBe(200);
  const send = (value: string) =>
    postForm(app, '/connect/token', { headers: { [HEADER]: value }, body: { grant_type: 'client_credentials', client_id: clientId } });
  for (const value of ['rubbish', ':AAAA:', `${asHeader(signed())}, ${asHeader(signed())}`]) {
    const { status, body } = await send(value);
    expect([status, body.error]).toEqual([400, 'invalid_request']);
  }
  const apart = await startApp({ TRUST_PROXY: '192.0.2.1', CLIENT_CERT_HEADER: 'rfc9440' });
  await trust(apart, authority);
  const other = await register({ authMethod: 'TLS_CLIENT_AUTH', tlsClientAuth: { subjectDn: 'CN=a client' } }, apart);
  expect(await statusOf(other, signed(), { tenant: apart })).toBe(401);
  await apart.stop();
});

it('PROTOCOL 32: lets a secret prove a client that has one, whatever certificate comes with it', async () => {
  const secret = await createClient(app, { clientId: 'secretive' });
  const headers = { [HEADER]: asHeader(makeCertificate()) };
  const body = { grant_type: 'client_credentials' };
  expect((await postForm(app, '/connect/token', { credentials: secret, headers, body })).status).toBe(200);
  expect(await statusOf('secretive', signed({ subject: 'secretive' }))).toBe(401);
  const mesh = await byName({ subjectDn: 'CN=a client' });
  const both = await ask(mesh, signed(), { form: { client_secret: `lk_${'x'.repeat(49)}` } });
  expect(both.status).toBe(401);
});

it("takes a certificate of the client's own making by its key, and by its thumbprint where that is given", async () => {
  const own = makeCertificate();
  const jwk = own.keys.publicKey.export({ format: 'jwk' });
  const clientId = await register({ authMethod: 'SELF_SIGNED_TLS_CLIENT_AUTH', jwks: { keys: [jwk] } });
  expect(await statusOf(clientId, own)).toBe(200);
  expect(await statusOf(clientId, makeCertificate({ keys: own.keys }))).toBe(200);
  expect(await statusOf(clientId, makeCertificate())).toBe(401);
  expect(await statusOf(clientId, signed({ subject: clientId }))).toBe(401);
  expect(await statusOf(clientId, makeCertificate({ keys: own.keys, notAfter: Date.now() - 1000 }))).toBe(401);
  const thumbprint = Buffer.from(new X509Certificate(own.pem).fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');
  const pinned = await register({ authMethod: 'SELF_SIGNED_TLS_CLIENT_AUTH', jwks: { keys: [{ ...jwk, 'x5t#S256': thumbprint }] } });
  expect(await statusOf(pinned, own)).toBe(200);
  expect(await statusOf(pinned, makeCertificate({ keys: own.keys }))).toBe(401);
});

it.each([
  ['in hexadecimal', 'ab'.repeat(32)],
  ['with colons', Array.from({ length: 32 }, () => 'AB').join(':')],
  ['with padding', `${'q'.repeat(42)}o=`],
  ['with bits too many', 'q'.repeat(43)],
  ['as a list', ['q'.repeat(42)]],
])('refuses a key that names its certificate %s, which would count for nothing', async (_form, pin) => {
  const keys = [{ ...makeCertificate().keys.publicKey.export({ format: 'jwk' }), 'x5t#S256': pin }];
  const refused = async (query: string, variables: object) => {
    const { body, text } = await app.administer(query, variables);
    expect(text).not.toContain(JSON.stringify(pin));
    return body.errors?.[0].extensions.fields;
  };
  const fault = [{ path: 'input.jwks', message: expect.stringMatching(/^keys\[0\] must have the SHA-256 digest/) }];
  const input = { authMethod: 'SELF_SIGNED_TLS_CLIENT_AUTH', jwks: { keys } };
  const create = 'mutation ($input: CreateClientInput!) { createClient(input: $input) { client { id } } }';
  expect(await refused(create, { input: { name: 'Pinned', clientId: 'pinned', ...input } })).toEqual(fault);
  const clientId = await register({ authMethod: 'SELF_SIGNED_TLS_CLIENT_AUTH', jwks: { keys: [{ ...keys[0], 'x5t#S256': undefined }] } });
  const update = 'mutation ($clientId: String!, $input: UpdateClientInput!) { updateClient(clientId: $clientId, input: $input) { id } }';
  expect(await refused(update, { clientId, input: { jwks: { keys } } })).toEqual(fault);
  const { clientId: other } = await createClient(app, { clientId: `${clientId}-moving` });
  const change =
    'mutation ($clientId: String!, $input: ChangeClientAuthMethodInput!) { changeClientAuthMethod(clientId: $clientId, input: $input) { clientSecret } }';
  expect(await refused(change, { clientId: other, input })).toEqual(fault);
});

describe('PROTOCOL 29: a token that is bound to a certificate', () => {
  it('says so, and is taken from a connection with that certificate alone', async () => {
    const certificate = signed();
    const tlsClientAuth = { subjectDn: 'CN=a client' };
    const audience = `${app.url}/graphql`;
    const clientId = await register({
      authMethod: 'TLS_CLIENT_AUTH',
      tlsClientAuth,
      senderConstraint: 'CERTIFICATE',
      scopes: ['clients:read', 'tokens:introspect'],
      audiences: [audience, `${app.url}/api`],
    });
    const get = async (resource: string) => (await ask(clientId, certificate, { form: { resource } })).body.access_token as string;
    const token = await get(audience);
    expect(claimsOf(token).cnf).toEqual({ 'x5t#S256': expect.stringMatching(/^[\w-]{43}$/) });
    const call = async (shown: MadeCertificate | undefined) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...(shown && { [HEADER]: asHeader(shown) }) };
      return (await fetch(`${app.url}/graphql`, { method: 'POST', headers, body: '{"query":"{ viewer { clientId } }"}' })).status;
    };
    expect([await call(certificate), await call(undefined), await call(signed())]).toEqual([200, 401, 401]);
    const inspector = await createClient(app, { clientId: `inspector-${clientId}`, scopes: ['tokens:introspect'] });
    const { body } = await postForm(app, '/connect/introspect', { credentials: inspector, body: { token } });
    expect(body).toMatchObject({ active: true, token_type: 'Bearer', cnf: claimsOf(token).cnf });
    const forApi = await get(`${app.url}/api`);
    const verify = async (shown: MadeCertificate | undefined) => {
      const headers = { authorization: `Bearer ${forApi}`, ...(shown && { [HEADER]: asHeader(shown) }) };
      return (await fetch(`${app.url}/connect/verify?audience=${encodeURIComponent(`${app.url}/api`)}`, { headers })).status;
    };
    expect([await verify(certificate), await verify(undefined)]).toEqual([204, 401]);
    const forInspection = await get(`${app.url}/connect/introspect`);
    const inspect = async (shown: MadeCertificate | undefined) => {
      const headers = { authorization: `Bearer ${forInspection}`, ...(shown && { [HEADER]: asHeader(shown) }) };
      return (await postForm(app, '/connect/introspect', { headers, body: { token } })).status;
    };
    expect([await inspect(certificate), await inspect(undefined)]).toEqual([200, 401]);
  });

  it('PROTOCOL 31: is given to a client with a secret as well, and to none that comes without a certificate', async () => {
    const credentials = await createClient(app, { clientId: 'bound-secret', senderConstraint: 'CERTIFICATE' });
    const refused = await requestToken(app, credentials);
    expect([refused.status, refused.body.error]).toEqual([400, 'invalid_request']);
    const headers = { [HEADER]: asHeader(makeCertificate()) };
    const given = await postForm(app, '/connect/token', { credentials, headers, body: { grant_type: 'client_credentials' } });
    expect(claimsOf(given.body.access_token).cnf).toEqual({ 'x5t#S256': expect.any(String) });
  });
});

it('is told of in the metadata where connections tell of certificates, and nowhere else', async () => {
  const read = async ({ url }: { url: string }) => (await readAnswer(fetch(`${url}/.well-known/oauth-authorization-server`))).body;
  expect(await read(app)).toMatchObject({
    token_endpoint_auth_methods_supported: expect.arrayContaining(['tls_client_auth', 'self_signed_tls_client_auth']),
    tls_client_certificate_bound_access_tokens: true,
  });
  const plain = await startApp();
  const { token_endpoint_auth_methods_supported: methods, ...others } = await read(plain);
  expect(methods).not.toContain('tls_client_auth');
  expect(others).not.toHaveProperty('tls_client_certificate_bound_access_tokens');
  await plain.stop();
});

describe('authorities', () => {
  const CREATE = 'mutation ($input: CreateCertificateAuthorityInput!) { createCertificateAuthority(input: $input) { id } }';
  const codeOf = async (tenant: TestTenant, query: string, variables: object = {}) => {
    const { body } = await tenant.administer(query, variables);
    return body.errors?.[0].extensions.code ?? 'done';
  };

  it("prove nobody once they are deleted, and are one tenant's own", async () => {
    const [acme, other] = [await createTenant(app, 'acme'), await createTenant(app, 'other')];
    const mine = makeAuthority({ subject: 'mine' });
    const fingerprint = await trust(acme, mine);
    const method = { authMethod: 'TLS_CLIENT_AUTH', tlsClientAuth: { subjectDn: 'CN=a client' } };
    const [own, foreign] = [await register(method, acme), await register(method, other)];
    const certificate = makeCertificate({ by: mine });
    expect(await statusOf(own, certificate, { tenant: acme })).toBe(200);
    expect(await statusOf(foreign, certificate, { tenant: other })).toBe(401);
    const { body } = await acme.administer('{ certificateAuthorities { name subject fingerprint notBefore notAfter certificate } }');
    expect(body.data.certificateAuthorities).toEqual([
      {
        name: 'Authority',
        subject: 'CN=mine',
        fingerprint,
        notBefore: expect.any(String),
        notAfter: expect.any(String),
        certificate: expect.stringContaining('BEGIN CERTIFICATE'),
      },
    ]);
    expect(await codeOf(other, `mutation { deleteCertificateAuthority(fingerprint: "${fingerprint}") { fingerprint } }`)).toBe(
      'AUTHORITY_NOT_FOUND',
    );
    expect(await codeOf(acme, `mutation { deleteCertificateAuthority(fingerprint: "${fingerprint}") { fingerprint } }`)).toBe('done');
    expect(await statusOf(own, certificate, { tenant: acme })).toBe(401);
  });

  it('are ten at most, each once, and certificates of authorities', async () => {
    const tenant = await createTenant(app, 'many');
    const create = (pem: string) => codeOf(tenant, CREATE, { input: { name: 'CA', certificate: pem } });
    const all = Array.from({ length: 11 }, (_, index) => makeAuthority({ subject: `authority ${index}` }).pem);
    expect(await create(all[0] as string)).toBe('done');
    expect(await create(all[0] as string)).toBe('AUTHORITY_TAKEN');
    for (const pem of all.slice(1, 10)) expect(await create(pem)).toBe('done');
    expect(await create(all[10] as string)).toBe('AUTHORITY_LIMIT');
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
    for (const wrong of ['', 'x', makeCertificate().pem, key, all[0] + key]) expect(await create(wrong)).toBe('BAD_USER_INPUT');
  });

  it('are named by whoever holds every right that a client may have', async () => {
    const tenant = await createTenant(app, 'clerks');
    const clerk = await createClient(tenant, { clientId: 'clerk', scopes: ['clients:read', 'clients:write'] });
    const token = (await requestToken(tenant, clerk, { resource: `${tenant.url}/graphql` })).body.access_token;
    const { body } = await graphql(tenant, { token, query: CREATE, variables: { input: { name: 'CA', certificate: authority.pem } } });
    expect(body.errors[0].extensions.code).toBe('FORBIDDEN');
  });
});

it('takes the name that a client has by exactly one, and only of its method', async () => {
  const CREATE = 'mutation ($input: CreateClientInput!) { createClient(input: $input) { client { id } } }';
  const refused = async (input: object) => {
    const { body } = await app.administer(CREATE, { input: { name: 'X', clientId: `x-${randomUUID()}`, ...input } });
    return body.errors?.[0].extensions.fields.map(({ path }: { path: string }) => path);
  };
  const method = { authMethod: 'TLS_CLIENT_AUTH' };
  expect(await refused(method)).toEqual(['input.tlsClientAuth']);
  expect(await refused({ ...method, tlsClientAuth: {} })).toEqual(['input.tlsClientAuth']);
  expect(await refused({ ...method, tlsClientAuth: { sanDns: 'a.example', sanIp: '192.0.2.1' } })).toEqual(['input.tlsClientAuth']);
  expect(await refused({ ...method, tlsClientAuth: { sanDns: '*.example' } })).toEqual(['input.tlsClientAuth']);
  expect(await refused({ tlsClientAuth: { sanDns: 'a.example' } })).toEqual(['input.tlsClientAuth']);
  expect(await refused({ authMethod: 'SELF_SIGNED_TLS_CLIENT_AUTH' })).toEqual(['input.jwks']);
});

it('comes from a key to a certificate and back, with both for a while', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwks = { keys: [publicKey.export({ format: 'jwk' })] };
  const clientId = await register({ authMethod: 'PRIVATE_KEY_JWT', jwks });
  const change = `mutation ($input: ChangeClientAuthMethodInput!) { changeClientAuthMethod(clientId: "${clientId}", input: $input) { client { tlsClientAuth { sanDns } } } }`;
  await app.administer(change, { input: { authMethod: 'TLS_CLIENT_AUTH', tlsClientAuth: { sanDns: 'a.example' }, overlapSeconds: 600 } });
  const byKey = async () => {
    const assertion = await new SignJWT({ iss: clientId, sub: clientId, aud: app.url, jti: randomUUID() })
      .setProtectedHeader({ alg: 'ES256' })
      .setExpirationTime('1 minute')
      .sign(privateKey);
    return statusOf('', undefined, {
      form: { client_id: '', client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion: assertion },
    });
  };
  const byCertificate = () => statusOf(clientId, named([DNS, 'a.example']));
  expect([await byKey(), await byCertificate()]).toEqual([200, 200]);
  await app.administer(`mutation { restorePreviousAuthMethod(clientId: "${clientId}", overlapSeconds: 60) { id } }`);
  expect([await byKey(), await byCertificate()]).toEqual([200, 200]);
  advanceClock(61);
  expect([await byKey(), await byCertificate()]).toEqual([200, 401]);
});
