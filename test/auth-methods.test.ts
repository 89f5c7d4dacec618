import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { claimsOf, createClient, createTenant, introspect, postForm, requestToken, startApp, type TestApp } from '../testbed/app.js';
import { advanceClock, resetClock } from '../testbed/clock.js';
import { startWorkloadIssuer, type WorkloadIssuer } from '../testbed/workload-issuer.js';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const CHANGE = `mutation ($clientId: String!, $input: ChangeClientAuthMethodInput!) {
  changeClientAuthMethod(clientId: $clientId, input: $input) { clientSecret client { authMethod version previousAuthMethod { authMethod endsAt } } } }`;
const READ = `query ($clientId: String!) { client(clientId: $clientId) { authMethod version jwks jwksUri keysFetchedAt keysError enabled
  secrets { expiresAt revokedAt } federatedCredentials { subject useCount } authMethodUse { useCount lastUsedAt lastUsedIp }
  previousAuthMethod { authMethod endsAt safeToEnd use { useCount lastUsedAt } }
  lastRefusals { at address authMethod reason about expected received } } }`;

let app: TestApp;
let issuer: WorkloadIssuer;
let made = 0;

beforeAll(async () => {
  app = await startApp({ FAILURE_LIMIT: '0' });
  issuer = await startWorkloadIssuer();
  await administer('mutation ($input: CreateTrustedIssuerInput!) { createTrustedIssuer(input: $input) { id } }', {
    input: { name: 'Platform', issuer: issuer.url },
  });
});
afterAll(async () => {
  await app.stop();
  await issuer.stop();
});
afterEach(resetClock);

async function administer(query: string, variables: object = {}) {
  const { body, text } = await app.administer(query, variables);
  if (body.errors) throw new Error(text);
  return body.data;
}

const codeOf = async (query: string, variables: object = {}) => {
  const { body } = await app.administer(query, variables);
  return body.errors?.[0].extensions.code ?? 'done';
};

function nextId(): string {
  made += 1;
  return `moving-${made}`;
}

const readClient = async (clientId: string) => {
  await app.installation.use.flush();
  await app.installation.refusals.flush();
  return (await administer(READ, { clientId })).client;
};
const change = async (clientId: string, input: object) =>
  (await administer(CHANGE, { clientId, input })).changeClientAuthMethod as { clientSecret: string; client: Record<string, unknown> };
const federation = (subject: string) => ({ authMethod: 'FEDERATED_JWT', federatedCredentials: [{ issuer: issuer.url, subject }] });

async function byAssertion(assertion: string) {
  const body = { grant_type: 'client_credentials', client_assertion_type: ASSERTION_TYPE, client_assertion: assertion };
  return postForm(app, '/connect/token', { body });
}

const byPlatform = async (sub: string, claims: object = {}) => byAssertion(await issuer.sign(app.url, { claims: { sub, ...claims } }));

async function makeKey(kid: string) {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const sign = (clientId: string) =>
    new SignJWT({ iss: clientId, sub: clientId, aud: app.url, jti: `${Math.random()}` })
      .setProtectedHeader({ alg: 'ES256', kid })
      .setExpirationTime('1 minute')
      .sign(privateKey);
  return { jwk: { ...(await exportJWK(publicKey)), kid }, sign };
}

it('comes from a secret to what a platform says, and both work until the overlap is over', async () => {
  const clientId = nextId();
  const credentials = await createClient(app, { clientId });
  const { clientSecret, client } = await change(clientId, { ...federation(clientId), overlapSeconds: 3600 });
  expect(clientSecret).toBeNull();
  expect(client).toMatchObject({ authMethod: 'FEDERATED_JWT', previousAuthMethod: { authMethod: 'SECRET' } });
  expect((await requestToken(app, credentials)).status).toBe(200);
  expect((await byPlatform(clientId)).status).toBe(200);
  advanceClock(3601);
  expect((await requestToken(app, credentials)).status).toBe(401);
  expect((await byPlatform(clientId)).status).toBe(200);
  expect((await readClient(clientId)).previousAuthMethod).toBeNull();
});

it('tells how both ways are used, and when the one before is safe to end', async () => {
  const clientId = nextId();
  const credentials = await createClient(app, { clientId, accessTokenLifetime: 60 });
  await change(clientId, { ...federation(clientId), overlapSeconds: 864_000 });
  expect((await readClient(clientId)).previousAuthMethod).toMatchObject({ safeToEnd: false, use: { useCount: 0, lastUsedAt: null } });
  await requestToken(app, credentials);
  advanceClock(60);
  await byPlatform(clientId);
  await byPlatform(clientId);
  const used = await readClient(clientId);
  expect(used.authMethodUse).toMatchObject({ useCount: 2, lastUsedIp: expect.any(String) });
  expect(used.previousAuthMethod).toMatchObject({ safeToEnd: false, use: { useCount: 1 } });
  advanceClock(7300);
  await byPlatform(clientId);
  expect((await readClient(clientId)).previousAuthMethod).toMatchObject({ safeToEnd: true });
});

it('tells of no use from before the change that was written down after it', async () => {
  const clientId = nextId();
  const credentials = await createClient(app, { clientId });
  await change(clientId, federation(clientId));
  await requestToken(app, credentials);
  await byPlatform(clientId);
  // As with an instance that writes its counts down a few seconds later.
  advanceClock(5);
  await administer(`mutation { restorePreviousAuthMethod(clientId: "${clientId}") { id } }`);
  const unused = { useCount: 0, lastUsedAt: null };
  expect(await readClient(clientId)).toMatchObject({ authMethodUse: unused, previousAuthMethod: { safeToEnd: false, use: unused } });
  await requestToken(app, credentials);
  expect(await readClient(clientId)).toMatchObject({ authMethodUse: { lastUsedAt: expect.any(String) } });
});

it('ends the way before early, with the tokens of its secrets, in one operation', async () => {
  const clientId = nextId();
  const credentials = await createClient(app, { clientId });
  const token = (await requestToken(app, credentials)).body.access_token;
  await change(clientId, federation(clientId));
  const moved = (await byPlatform(clientId)).body.access_token;
  const inspector = await createClient(app, { clientId: nextId(), scopes: ['tokens:introspect'] });
  const isActive = async (text: string) => (await introspect(app, inspector, text)).body.active;
  expect(await isActive(token)).toBe(true);
  await administer('mutation ($clientId: String!) { endPreviousAuthMethod(clientId: $clientId) { id } }', { clientId });
  expect((await requestToken(app, credentials)).status).toBe(401);
  expect(await isActive(token)).toBe(false);
  expect(await isActive(moved)).toBe(true);
  expect(await codeOf(`mutation { endPreviousAuthMethod(clientId: "${clientId}") { id } }`)).toBe('NO_PREVIOUS_METHOD');
});

it('goes back in one operation, with the very secret from before, and lets the other way go on', async () => {
  const clientId = nextId();
  const credentials = await createClient(app, { clientId });
  await change(clientId, { ...federation(clientId), overlapSeconds: 600 });
  await administer(`mutation { restorePreviousAuthMethod(clientId: "${clientId}", overlapSeconds: 60) { id } }`);
  const client = await readClient(clientId);
  expect(client).toMatchObject({ authMethod: 'SECRET', previousAuthMethod: { authMethod: 'FEDERATED_JWT' } });
  expect(client.secrets).toEqual([{ expiresAt: null, revokedAt: null }]);
  expect((await byPlatform(clientId)).status).toBe(200);
  advanceClock(601);
  expect((await requestToken(app, credentials)).status).toBe(200);
  expect((await byPlatform(clientId)).status).toBe(401);
});

it('ends the way before at once when there is no overlap', async () => {
  const clientId = nextId();
  const credentials = await createClient(app, { clientId });
  const key = await makeKey('one');
  await change(clientId, { authMethod: 'PRIVATE_KEY_JWT', jwks: { keys: [key.jwk] }, overlapSeconds: 0 });
  expect((await requestToken(app, credentials)).status).toBe(401);
  expect((await byAssertion(await key.sign(clientId))).status).toBe(200);
  expect(await readClient(clientId)).toMatchObject({ previousAuthMethod: null, authMethodUse: { useCount: 1 } });
});

it.each([
  ['SECRET', 'CLIENT_SECRET_JWT'],
  ['CLIENT_SECRET_JWT', 'SECRET'],
])('comes from one kind of secret to another, each good in its own way alone: %s to %s', async (from, to) => {
  const clientId = nextId();
  const former = await createClient(app, { clientId, authMethod: from as 'SECRET' });
  const { clientSecret } = await change(clientId, { authMethod: to });
  const signed = (secret: string) =>
    new SignJWT({ iss: clientId, sub: clientId, aud: app.url, jti: `${Math.random()}` })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime('1 minute')
      .sign(Buffer.from(secret));
  const show = async (secret: string, method: string) =>
    (method === 'SECRET' ? await requestToken(app, { clientId, secret }) : await byAssertion(await signed(secret))).status;
  expect([await show(former.secret, from), await show(clientSecret, to)]).toEqual([200, 200]);
  expect([await show(former.secret, to), await show(clientSecret, from)]).toEqual([401, 401]);
  // And back again: the newest of the former goes on, beside the one that is made.
  const again = await change(clientId, { authMethod: from });
  expect([await show(former.secret, from), await show(again.clientSecret, from), await show(clientSecret, to)]).toEqual([200, 200, 200]);
});

it('keeps keys while they go on, and takes each way with what belongs to it alone', async () => {
  const [clientId, key] = [nextId(), await makeKey('one')];
  await createClient(app, { clientId, authMethod: 'PRIVATE_KEY_JWT', jwks: { keys: [key.jwk] } });
  await change(clientId, federation(clientId));
  expect((await byAssertion(await key.sign(clientId))).status).toBe(200);
  expect((await byPlatform(clientId)).status).toBe(200);
  await administer(`mutation { endPreviousAuthMethod(clientId: "${clientId}") { id } }`);
  expect((await byAssertion(await key.sign(clientId))).status).toBe(401);
  const refused = async (input: object) => codeOf(CHANGE, { clientId, input });
  expect(await refused(federation(clientId))).toBe('BAD_USER_INPUT');
  expect(await refused({ authMethod: 'PRIVATE_KEY_JWT' })).toBe('BAD_USER_INPUT');
  expect(await refused({ authMethod: 'SECRET', jwks: { keys: [key.jwk] } })).toBe('BAD_USER_INPUT');
  expect(await refused({ authMethod: 'PRIVATE_KEY_JWT', jwks: { keys: [key.jwk] }, jwksUri: 'https://keys.example' })).toBe(
    'BAD_USER_INPUT',
  );
  expect(await refused({ authMethod: 'SECRET', overlapSeconds: 2_592_001 })).toBe('BAD_USER_INPUT');
  expect(await refused({ authMethod: 'SECRET', version: 1 })).toBe('CONFLICT');
});

it('keeps somebody who can manage clients, whatever becomes of an issuer', async () => {
  const tenant = await createTenant(app, 'governed');
  const all = ['clients:read', 'clients:write', 'audit:read', 'keys:write'];
  const code = async (query: string, variables: object = {}) => {
    const { body } = await tenant.administer(query, variables);
    return body.errors?.[0].extensions.code ?? 'done';
  };
  const url = issuer.url;
  await code('mutation ($input: CreateTrustedIssuerInput!) { createTrustedIssuer(input: $input) { id } }', {
    input: { name: 'P', issuer: url },
  });
  expect(await code(CHANGE, { clientId: 'admin', input: { ...federation('admin'), overlapSeconds: 600 } })).toBe('done');
  expect(await code(`mutation { deleteTrustedIssuer(issuer: "${url}") { issuer } }`)).toBe('LAST_ADMINISTRATOR');
  expect(await code(`mutation { updateTrustedIssuer(issuer: "${url}", input: { enabled: false }) { id } }`)).toBe('LAST_ADMINISTRATOR');
  expect(await code(`mutation { deleteClient(clientId: "admin") { clientId } }`)).toBe('LAST_ADMINISTRATOR');
  await createClient(tenant, { clientId: 'deputy', scopes: all });
  expect(await code(`mutation { updateTrustedIssuer(issuer: "${url}", input: { enabled: false }) { id } }`)).toBe('done');
  expect(await code(`mutation { deleteClient(clientId: "deputy") { clientId } }`)).toBe('LAST_ADMINISTRATOR');
});

it('keeps somebody who can manage clients with what does not end by itself, whatever way they come to', async () => {
  const tenant = await createTenant(app, 'kept');
  const code = async (input: object) => {
    const { body } = await tenant.administer(CHANGE, { clientId: 'admin', input });
    return body.errors?.[0].extensions.code ?? 'done';
  };
  const jwks = { keys: [(await makeKey('one')).jwk] };
  for (const overlapSeconds of [0, 600]) {
    expect(await code({ authMethod: 'TLS_CLIENT_AUTH', tlsClientAuth: { subjectDn: 'CN=admin' }, overlapSeconds })).toBe(
      'LAST_ADMINISTRATOR',
    );
    expect(await code({ authMethod: 'SELF_SIGNED_TLS_CLIENT_AUTH', jwks, overlapSeconds })).toBe('LAST_ADMINISTRATOR');
  }
  expect(await code({ authMethod: 'PRIVATE_KEY_JWT', jwks, overlapSeconds: 600 })).toBe('done');
});

it('goes back to no way of which nothing is left', async () => {
  const [clientId, key] = [nextId(), await makeKey('one')];
  await createClient(app, { clientId });
  await change(clientId, { authMethod: 'PRIVATE_KEY_JWT', jwks: { keys: [key.jwk] }, overlapSeconds: 600 });
  const { client } = await administer('query ($clientId: String!) { client(clientId: $clientId) { secrets { id } } }', { clientId });
  await administer('mutation ($clientId: String!, $id: ID!) { revokeClientSecret(clientId: $clientId, secretId: $id) { id } }', {
    clientId,
    id: client.secrets[0].id,
  });
  expect(await codeOf(`mutation { restorePreviousAuthMethod(clientId: "${clientId}", overlapSeconds: 0) { id } }`)).toBe(
    'NO_PREVIOUS_METHOD',
  );
  expect((await byAssertion(await key.sign(clientId))).status).toBe(200);
});

it('cuts nobody by giving other keys to another way that goes by keys', async () => {
  const [clientId, key, other] = [nextId(), await makeKey('one'), await makeKey('two')];
  await createClient(app, { clientId, authMethod: 'PRIVATE_KEY_JWT', jwks: { keys: [key.jwk] } });
  const to = { authMethod: 'SELF_SIGNED_TLS_CLIENT_AUTH', overlapSeconds: 600 };
  for (const given of [{ jwks: { keys: [other.jwk] } }, { jwksUri: `${issuer.url}/jwks` }])
    expect(await codeOf(CHANGE, { clientId, input: { ...to, ...given } })).toBe('BAD_USER_INPUT');
  expect((await byAssertion(await key.sign(clientId))).status).toBe(200);
  await change(clientId, { ...to, jwks: { keys: [other.jwk, { ...key.jwk, use: 'sig' }] } });
  expect((await byAssertion(await key.sign(clientId))).status).toBe(200);
  await administer(`mutation { restorePreviousAuthMethod(clientId: "${clientId}") { id } }`);
  await change(clientId, { ...to, jwks: { keys: [other.jwk] }, overlapSeconds: 0 });
  expect((await byAssertion(await key.sign(clientId))).status).toBe(401);
});

it.each(['DPOP', 'CERTIFICATE'])(
  'lets no secret alone into the console whose client takes none but bound tokens: %s',
  async (senderConstraint) => {
    const clientId = nextId();
    const { secret } = await createClient(app, { clientId, scopes: ['clients:read'], senderConstraint: senderConstraint as 'DPOP' });
    const enter = async () => {
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify({ clientId, clientSecret: secret });
      return (await fetch(`${app.url}/session`, { method: 'POST', headers, body })).status;
    };
    expect(await enter()).toBe(403);
    await app.api.updateClient(clientId, { senderConstraint: 'NONE' });
    expect(await enter()).toBe(200);
  },
);

it('lets nobody take the rights of clients by the issuer that vouches for them', async () => {
  const tenant = await createTenant(app, 'climbing');
  const trust = 'mutation ($input: CreateTrustedIssuerInput!) { createTrustedIssuer(input: $input) { id } }';
  await tenant.administer(trust, { input: { name: 'P', issuer: issuer.url } });
  const managing = await createClient(tenant, { clientId: 'managing', scopes: ['clients:read', 'keys:write'] });
  await tenant.administer(CHANGE, { clientId: managing.clientId, input: federation('managing') });
  await createClient(tenant, { clientId: 'plain', scopes: ['orders:read'] });
  const clerk = await createClient(tenant, { clientId: 'clerk', scopes: ['clients:read', 'clients:write'] });
  const token = (await requestToken(tenant, clerk, { resource: `${tenant.url}/graphql` })).body.access_token;
  const asClerk = async (query: string, variables: object = {}) => {
    const answer = await fetch(`${tenant.url}/graphql`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    const { errors } = (await answer.json()) as { errors?: { extensions: { code: string } }[] };
    return errors?.[0]?.extensions.code ?? 'done';
  };
  const update = `mutation ($input: UpdateTrustedIssuerInput!) { updateTrustedIssuer(issuer: "${issuer.url}", input: $input) { id } }`;
  const jwks = { keys: [(await makeKey('one')).jwk] };
  expect(await asClerk(update, { input: { jwks } })).toBe('FORBIDDEN');
  expect(await asClerk(`mutation { deleteTrustedIssuer(issuer: "${issuer.url}") { issuer } }`)).toBe('FORBIDDEN');
  expect(await asClerk(CHANGE, { clientId: 'managing', input: { authMethod: 'SECRET' } })).toBe('FORBIDDEN');
  await tenant.administer(`mutation { deleteTrustedIssuer(issuer: "${issuer.url}") { issuer } }`);
  expect(await asClerk(trust, { input: { name: 'Mine', issuer: issuer.url, jwks } })).toBe('FORBIDDEN');
  await tenant.administer('mutation { updateClient(clientId: "managing", input: { scopes: [] }) { id } }');
  expect(await asClerk(trust, { input: { name: 'Mine', issuer: issuer.url, jwks } })).toBe('done');
  await tenant.administer(
    `mutation { updateClient(clientId: "managing", input: { scopes: ["keys:write"], audiences: ["${tenant.url}/graphql"] }) { id } }`,
  );
  expect(await asClerk(update, { input: { jwks } })).toBe('FORBIDDEN');
});

it('fetches the keys of a client from where it says that they are', async () => {
  const [clientId, one, two] = [nextId(), await makeKey('one'), await makeKey('two')];
  let keys = [one.jwk];
  issuer.answers['/client-keys'] = (_request, response) => response.end(JSON.stringify({ keys }));
  await createClient(app, { clientId, authMethod: 'PRIVATE_KEY_JWT', jwksUri: `${issuer.url}/client-keys` });
  expect(await readClient(clientId)).toMatchObject({ jwks: null, jwksUri: `${issuer.url}/client-keys`, keysFetchedAt: null });
  expect((await byAssertion(await one.sign(clientId))).status).toBe(200);
  expect((await readClient(clientId)).keysFetchedAt).toEqual(expect.any(String));
  expect((await byAssertion(await two.sign(clientId))).status).toBe(401);
  keys = [two.jwk];
  advanceClock(31);
  const refresh = () => administer(`mutation { refreshClientKeys(clientId: "${clientId}") { keysError } }`);
  expect(await refresh()).toEqual({ refreshClientKeys: { keysError: null } });
  expect((await byAssertion(await two.sign(clientId))).status).toBe(200);
  expect((await byAssertion(await one.sign(clientId))).status).toBe(401);
  advanceClock(31);
  issuer.answers['/client-keys'] = (_request, response) => response.writeHead(500).end();
  expect(await refresh()).toEqual({ refreshClientKeys: { keysError: expect.stringContaining('500') } });
  expect((await byAssertion(await two.sign(clientId))).status).toBe(200);
  await administer(
    'mutation ($clientId: String!, $jwks: JSONObject) { updateClient(clientId: $clientId, input: { jwks: $jwks }) { id } }',
    {
      clientId,
      jwks: { keys: [one.jwk] },
    },
  );
  expect(await readClient(clientId)).toMatchObject({ jwksUri: null, keysFetchedAt: null });
  expect((await byAssertion(await one.sign(clientId))).status).toBe(200);
  expect(await codeOf(`mutation { refreshClientKeys(clientId: "${clientId}") { id } }`)).toBe('BAD_USER_INPUT');
});

it('PROTOCOL 31: gives no token without a proof of a key to a client whose tokens are to be bound', async () => {
  const clientId = nextId();
  const credentials = await createClient(app, { clientId, senderConstraint: 'DPOP' });
  const refused = await requestToken(app, credentials);
  expect([refused.status, refused.body.error]).toEqual([400, 'invalid_dpop_proof']);
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const dpop = await new SignJWT({ htm: 'POST', htu: `${app.url}/connect/token`, jti: `${Math.random()}` })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: await exportJWK(publicKey) })
    .setIssuedAt()
    .sign(privateKey);
  const body = { grant_type: 'client_credentials' };
  const given = await postForm(app, '/connect/token', { credentials, body, headers: { dpop } });
  expect(claimsOf(given.body.access_token).cnf).toEqual({ jkt: expect.any(String) });
  await administer(`mutation { updateClient(clientId: "${clientId}", input: { senderConstraint: NONE }) { id } }`);
  expect((await requestToken(app, credentials)).status).toBe(200);
});

describe('why it was refused', () => {
  it('is told of the last ten to whoever reads clients, and of nobody who is not there', async () => {
    const clientId = nextId();
    await createClient(app, { clientId });
    for (let time = 0; time < 12; time += 1) await requestToken(app, { clientId, secret: `guess number ${time}` });
    await requestToken(app, { clientId: 'not-there', secret: 'a guess' });
    const { lastRefusals } = await readClient(clientId);
    expect(lastRefusals).toHaveLength(10);
    expect(lastRefusals[0]).toMatchObject({
      authMethod: 'SECRET',
      reason: 'the secret is wrong or has ended',
      address: expect.any(String),
    });
    expect(JSON.stringify(lastRefusals)).not.toContain('guess number');
    await requestToken(app, { clientId, secret: 'one more' });
    expect((await readClient(clientId)).lastRefusals).toHaveLength(10);
  });

  it('is told of a secret that has ended, of a mistyped one, of a disabled client, and of nothing at all', async () => {
    const clientId = nextId();
    const former = await createClient(app, { clientId });
    const { clientSecret } = await app.api.rotateClientSecret(clientId, 0);
    await requestToken(app, former);
    await requestToken(app, { clientId, secret: `${clientSecret.slice(0, -1)}_` });
    await postForm(app, '/connect/token', { body: { grant_type: 'client_credentials', client_id: clientId } });
    await app.api.updateClient(clientId, { enabled: false });
    await requestToken(app, { clientId, secret: clientSecret });
    const { lastRefusals } = await readClient(clientId);
    expect(lastRefusals.map(({ reason }: { reason: string }) => reason)).toEqual([
      'the client is disabled',
      'nothing proves who it is',
      'the secret is mistyped, for none like it was made here, or there is no such client',
      expect.stringMatching(/^the secret ended at \d{4}-/),
    ]);
    expect(lastRefusals[1].authMethod).toBeNull();
    expect(JSON.stringify(lastRefusals)).not.toContain('lk_');
  });

  it('is told of what a token of an issuer lacks, with what was expected and what came', async () => {
    const clientId = nextId();
    await createClient(app, {
      clientId,
      authMethod: 'FEDERATED_JWT',
      federatedCredentials: [{ issuer: issuer.url, subject: clientId, claims: { env: 'live' } }],
    });
    const parameters = async (claims: object) => {
      const assertion = await issuer.sign(app.url, { claims: { sub: clientId, env: 'live', ...claims } });
      await postForm(app, '/connect/token', {
        body: { grant_type: 'client_credentials', client_id: clientId, client_assertion_type: ASSERTION_TYPE, client_assertion: assertion },
      });
    };
    await parameters({ sub: 'somebody' });
    await parameters({ env: 'test' });
    await parameters({ aud: 'https://elsewhere.example' });
    await parameters({ exp: 1 });
    await parameters({ iss: 'https://unknown.example' });
    const told = (await readClient(clientId)).lastRefusals.map(({ authMethod, about, expected, received }: Record<string, unknown>) => {
      expect(authMethod).toBe('FEDERATED_JWT');
      return [about, expected, received];
    });
    expect(told).toEqual([
      ['iss', null, 'https://unknown.example'],
      ['exp', expect.stringMatching(/^after \d+$/), '1'],
      ['aud', app.url, 'https://elsewhere.example'],
      ['env', 'live', 'test'],
      ['sub', clientId, 'somebody'],
    ]);
  });

  it('is told of an assertion that the client signs itself', async () => {
    const [clientId, key] = [nextId(), await makeKey('one')];
    await createClient(app, { clientId, authMethod: 'PRIVATE_KEY_JWT', jwks: { keys: [key.jwk] } });
    const text = await (await makeKey('one')).sign(clientId);
    expect((await byAssertion(text)).status).toBe(401);
    const { lastRefusals } = await readClient(clientId);
    expect(lastRefusals).toMatchObject([{ authMethod: 'PRIVATE_KEY_JWT', reason: 'no key of the client signed the assertion' }]);
    expect(JSON.stringify(lastRefusals)).not.toContain(text.split('.')[1]);
  });
});

describe('a test of an assertion', () => {
  const TEST = `query ($assertion: String!, $clientId: String) { testAssertion(assertion: $assertion, clientId: $clientId) {
    clientId isAccepted checks { name passed reason about expected received } } }`;
  const test = async (assertion: string, clientId?: string) => (await administer(TEST, { assertion, clientId })).testAssertion;

  it('tells which checks it passes and which client it would be, and uses nothing up', async () => {
    const clientId = nextId();
    await createClient(app, { clientId, ...federation(clientId) } as { clientId: string });
    const token = await issuer.sign(app.url, { claims: { sub: clientId } });
    const outcome = await test(token);
    expect(outcome).toMatchObject({ clientId, isAccepted: true });
    expect(outcome.checks.map(({ name }: { name: string }) => name)).toEqual([
      'ALGORITHM',
      'ISSUER',
      'CLIENT',
      'CREDENTIAL',
      'KEY',
      'SIGNATURE',
      'AUDIENCE',
      'LIFETIME',
      'TYPE',
    ]);
    const late = await test(await issuer.sign(app.url, { claims: { sub: clientId, exp: 1 } }), clientId);
    expect(late.isAccepted).toBe(false);
    expect(late.checks.at(-1)).toMatchObject({ name: 'LIFETIME', passed: false, about: 'exp', received: '1' });
    const unknown = await test(await issuer.sign(app.url, { claims: { sub: 'nobody at all' } }));
    expect(unknown).toMatchObject({ clientId: null, isAccepted: false });
    expect(unknown.checks.at(-1)).toMatchObject({ name: 'CLIENT', passed: false });
    expect((await readClient(clientId)).federatedCredentials).toEqual([{ subject: clientId, useCount: 0 }]);
  });

  it('tells whether a token was used before, where each counts once', async () => {
    const [clientId, strict] = [nextId(), await startWorkloadIssuer()];
    await administer('mutation ($input: CreateTrustedIssuerInput!) { createTrustedIssuer(input: $input) { id } }', {
      input: { name: 'Strict', issuer: strict.url, singleUse: true },
    });
    const federatedCredentials = [{ issuer: strict.url, subject: clientId }];
    await createClient(app, { clientId, authMethod: 'FEDERATED_JWT', federatedCredentials });
    const token = await strict.sign(app.url, { claims: { sub: clientId, jti: clientId } });
    for (const _ of [1, 2]) expect((await test(token)).checks.at(-1)).toMatchObject({ name: 'REPLAY', passed: true });
    expect((await byAssertion(token)).status).toBe(200);
    const refused = { name: 'REPLAY', passed: false, about: 'jti', received: clientId };
    expect(await test(token)).toMatchObject({ isAccepted: false, checks: expect.arrayContaining([expect.objectContaining(refused)]) });
    expect((await byAssertion(token)).status).toBe(401);
    const nameless = await test(await strict.sign(app.url, { claims: { sub: clientId } }));
    expect(nameless.checks.at(-1)).toMatchObject({ name: 'REPLAY', passed: false, reason: 'jti is no text' });
    await strict.stop();
  });

  it('refuses what is no token of an issuer', async () => {
    for (const assertion of ['', 'x.y.z', await (await makeKey('one')).sign('me'), 'e'.repeat(20_000)])
      expect(await codeOf(TEST, { assertion })).toBe('BAD_USER_INPUT');
  });
});
