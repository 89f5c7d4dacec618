import type { ReadyKeys } from '../src/authentication/federation/ready-keys.js';
import { RemoteKeys } from '../src/authentication/federation/remote-keys.service.js';
import { createClient, postForm, startApp, type TestApp } from '../testbed/app.js';
import { makeAuthority, makeCertificate } from '../testbed/certificate-maker.js';
import { advanceClock, resetClock } from '../testbed/clock.js';
import { makeIssuerKey, startWorkloadIssuer, type WorkloadIssuer } from '../testbed/workload-issuer.js';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const ENDPOINTS = ['/connect/token', '/connect/introspect', '/connect/revocation'];
const REFUSALS =
  'query ($clientId: String!) { client(clientId: $clientId) { lastRefusals { authMethod reason about expected received } } }';
const SECRET = `lk_${'a1B2c3D4e5'.repeat(5).slice(0, 49)}`;

let app: TestApp;
let issuer: WorkloadIssuer;

beforeAll(async () => {
  app = await startApp({ FAILURE_LIMIT: '5', TRUST_PROXY: '127.0.0.1,::1', CLIENT_CERT_HEADER: 'rfc9440' });
  issuer = await startWorkloadIssuer();
  const trust = 'mutation ($input: CreateTrustedIssuerInput!) { createTrustedIssuer(input: $input) { id } }';
  expect((await app.administer(trust, { input: { name: 'Platform', issuer: issuer.url } })).body.errors).toBeUndefined();
});
afterAll(async () => {
  await app.stop();
  await issuer.stop();
});
// Whoever failed often waits for a minute.
beforeEach(() => advanceClock(120));
afterEach(resetClock);

const part = (json: string) => Buffer.from(json).toString('base64url');
const unsigned = (header: string, claims: string) => `${part(header)}.${part(claims)}.AAAA`;
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
const post = (path: string, assertion: string, more: object = {}) =>
  postForm(app, path, {
    body: { grant_type: 'client_credentials', token: 'any', client_assertion_type: ASSERTION_TYPE, client_assertion: assertion, ...more },
  });
async function refusalsOf(clientId: string) {
  await app.installation.refusals.flush();
  return (await app.administer(REFUSALS, { clientId })).body.data.client.lastRefusals;
}

it.each([
  ['alg is an object that turns into no text', '{"alg":{"toString":1}}', '{"iss":"https://x","sub":"y"}'],
  ['alg is a list of one', '{"alg":["ES256"]}', '{"iss":"https://x","sub":"y"}'],
  ['alg is in 5,000 lists', `{"alg":${nested(5_000)}}`, '{"iss":"me","sub":"me"}'],
  ['typ is in 5,000 lists', `{"alg":"ES256","typ":${nested(5_000)}}`, '{"iss":"me","sub":"me"}'],
  ['aud is in 5,000 lists', '{"alg":"ES256"}', `{"iss":"me","sub":"me","jti":"a","aud":${nested(5_000)}}`],
  ['jti is in 5,000 lists', '{"alg":"ES256"}', `{"iss":"me","sub":"me","jti":${nested(5_000)}}`],
  ['another claim is in 5,000 lists', '{"alg":"ES256"}', `{"iss":"https://x","sub":"y","deploy":${nested(5_000)}}`],
  ['a claim is in 1,000 objects', '{"alg":"ES256"}', `{"iss":"https://x","sub":"y","a":${'{"a":'.repeat(1_000)}1${'}'.repeat(1_000)}}`],
])('an assertion is refused like any other where %s', async (_what, header, claims) => {
  for (const path of ENDPOINTS)
    expect([path, (await post(path, unsigned(header, claims), { client_id: 'me' })).status]).toEqual([path, 401]);
  const test = 'query ($assertion: String!) { testAssertion(assertion: $assertion) { isAccepted } }';
  const { body } = await app.administer(test, { assertion: unsigned(header, claims) });
  expect(body.errors?.[0].extensions.code).toBe('BAD_USER_INPUT');
});

it('shows no part of a secret or of a token that was sent in place of something else', async () => {
  await createClient(app, {
    clientId: 'watched',
    authMethod: 'FEDERATED_JWT',
    federatedCredentials: [{ issuer: issuer.url, subject: 'watched' }],
  });
  const token = await issuer.sign(app.url, { claims: { sub: 'x'.repeat(300) } });
  for (const sub of [
    ...[100, 148, 150, 152, 170, 196, 199, 340, 390].map((before) => `${'-'.repeat(before)} ${SECRET}`),
    `${Array(7).fill(SECRET).join(' ')} ${'x'.repeat(40)} ${SECRET}`,
    ...[151, 155, 160].map((before) => `${'-'.repeat(before)} ${SECRET.slice(0, 40)}\u200b${SECRET.slice(40)} ${'x'.repeat(40)}`),
    token,
    `${' '.repeat(50)}${token}`,
  ]) {
    advanceClock(60);
    expect((await post('/connect/token', await issuer.sign(app.url, { claims: { sub } }), { client_id: 'watched' })).status).toBe(401);
    const [{ received }] = await refusalsOf('watched');
    for (const [whole, least] of [
      [SECRET, 6],
      [token, 12],
    ] as const)
      for (let at = 0; at + least <= whole.length; at += 1) expect(received).not.toContain(whole.slice(at, at + least));
  }
});

it('notes nothing at a client that is called as nobody is', async () => {
  await createClient(app, { clientId: 'nobody' });
  expect((await post('/connect/token', await issuer.sign(app.url, { claims: { sub: 'not known' } }))).status).toBe(401);
  expect(await refusalsOf('nobody')).toEqual([]);
});

it('tells at the client why keys could not be fetched, and lets nobody ask for them without end', async () => {
  const dead = await startWorkloadIssuer();
  dead.answers['/jwks'] = (_request, response) => response.writeHead(500).end();
  await createClient(app, { clientId: 'waiting', authMethod: 'PRIVATE_KEY_JWT', jwksUri: `${dead.url}/jwks` });
  const claims = { iss: 'waiting', sub: 'waiting', jti: 'a' };
  const assertion = await dead.sign(app.url, { claims });
  const statuses = [];
  for (let time = 0; time < 7; time += 1) statuses.push((await post('/connect/token', assertion)).status);
  expect([statuses[0], statuses.at(-1)]).toEqual([503, 429]);
  const { host } = new URL(dead.url);
  expect((await refusalsOf('waiting'))[0]).toEqual({
    authMethod: 'PRIVATE_KEY_JWT',
    reason: 'the keys cannot be fetched, and none are at hand',
    about: null,
    expected: null,
    received: `${host} answers with the status 500.`,
  });
  await dead.stop();
});

it('a certificate of an authority proves a client whose keys of the way before cannot be fetched', async () => {
  const dead = await startWorkloadIssuer();
  await dead.stop();
  const authority = makeAuthority();
  const trust = 'mutation ($input: CreateCertificateAuthorityInput!) { createCertificateAuthority(input: $input) { id } }';
  expect((await app.administer(trust, { input: { name: 'Mesh', certificate: authority.pem } })).body.errors).toBeUndefined();
  await createClient(app, { clientId: 'moved', authMethod: 'SELF_SIGNED_TLS_CLIENT_AUTH', jwksUri: `${dead.url}/jwks` });
  const change =
    'mutation ($input: ChangeClientAuthMethodInput!) { changeClientAuthMethod(clientId: "moved", input: $input) { clientSecret } }';
  const input = { authMethod: 'TLS_CLIENT_AUTH', tlsClientAuth: { subjectDn: 'CN=moved' }, overlapSeconds: 600 };
  expect((await app.administer(change, { input })).body.errors).toBeUndefined();
  const connect = (subject: string) => {
    const { der } = makeCertificate({ by: authority, subject });
    const headers = { 'client-cert': `:${der.toString('base64')}:` };
    return postForm(app, '/connect/token', { headers, body: { grant_type: 'client_credentials', client_id: 'moved' } });
  };
  expect((await connect('moved')).status).toBe(200);
  expect((await connect('somebody')).status).toBe(503);
});

it('who joins somebody that looks for another key has their own looked for as well', async () => {
  const { home, database, outbound } = app.installation;
  const source = { kind: 'discovery', url: issuer.url } as const;
  const has = (kid: string) => (keys: ReadyKeys) => keys.find({ alg: 'ES256', kid }) !== undefined;
  await new RemoteKeys(database, outbound).find(home, source, has('one'));
  advanceClock(31);
  issuer.keys = [...issuer.keys, await makeIssuerKey('two')];
  // As after a start: what is known is in the database alone.
  const started = new RemoteKeys(database, outbound);
  const found = await Promise.all(['one', 'two', 'two'].map((kid) => started.find(home, source, has(kid))));
  expect(found.map((keys, index) => has(['one', 'two', 'two'][index] as string)(keys))).toEqual([true, true, true]);
});
