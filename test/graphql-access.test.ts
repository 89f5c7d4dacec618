import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import {
  type GraphQLInputType,
  getIntrospectionQuery,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql';
import { importPKCS8, SignJWT } from 'jose';
import type { SessionHolder } from '../src/people/session.service.js';
import { createSchema } from '../src/server/graphql/operations.js';
import { ActorType } from '../src/tenants/caller.js';
import { type Answer, readAnswer } from '../testbed/answer.js';
import { createClient, getToken, graphql, postForm, requestToken, startApp, type TestApp } from '../testbed/app.js';

const ALL_SCOPES = ['clients:read', 'clients:write', 'tenants:read', 'tenants:write', 'audit:read', 'keys:write'];
const VIEWER = '{ viewer { clientId scopes } }';

let app: TestApp;

beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

const codeOf = ({ body }: Answer) => body.errors?.[0].extensions.code;

/** A management client with these scopes. @returns its token */
async function tokenWith(scopes: string[], clientId = `with-${scopes.join('-').replaceAll(':', '.')}`): Promise<string> {
  const { body } = await app.administer('query ($clientId: String!) { client(clientId: $clientId) { id } }', { clientId });
  if (body.data.client)
    await app.administer('mutation ($clientId: String!) { deleteClient(clientId: $clientId) { clientId } }', { clientId });
  return getToken(app, await createClient(app, { clientId, scopes, audiences: [`${app.url}/graphql`] }));
}

/** Every query and mutation of the schema, as an operation with made-up arguments. */
function operations(): { name: string; query: string }[] {
  const schema = createSchema();
  return [schema.getQueryType(), schema.getMutationType()].flatMap((type) =>
    Object.values(type?.getFields() ?? {}).map((field) => {
      const values = field.args.filter(isRequiredArgument).map(({ name, type: of }) => `${name}: ${literalFor(of)}`);
      const leaf = isObjectType(getNamedType(field.type)) ? '{ __typename }' : '';
      const keyword = type === schema.getQueryType() ? 'query' : 'mutation';
      return { name: field.name, query: `${keyword} { ${field.name}${values.length ? `(${values.join(', ')})` : ''} ${leaf} }` };
    }),
  );
}

/** The least that GraphQL takes for a type. */
function literalFor(of: GraphQLInputType): string {
  const type = getNullableType(of);
  if (isListType(type)) return `[${literalFor(type.ofType)}]`;
  if (isEnumType(type)) return String(type.getValues()[0]?.name);
  if (!isInputObjectType(type)) return '"x"';
  const fields = Object.values(type.getFields()).filter(isRequiredInputField);
  return `{ ${fields.map(({ name, type: inner }) => `${name}: ${literalFor(inner)}`).join(', ')} }`;
}

describe('PROTOCOL 15: without a good token', () => {
  it.each(operations().map(({ name, query }) => [name, query]))(
    '%s is refused with a bare challenge when there is none',
    async (_name, query) => {
      const answer = await graphql(app, { query: query as string });
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
      expect(codeOf(answer)).toBe('UNAUTHENTICATED');
    },
  );

  let epoch: string;
  beforeAll(async () => {
    epoch = String((await app.database.query("SELECT token_epoch FROM clients WHERE client_id = 'admin'"))[0]?.token_epoch);
  });

  const now = () => Math.floor(Date.now() / 1000);
  const claims = () => ({
    iss: app.url,
    sub: 'admin',
    client_id: 'admin',
    aud: `${app.url}/graphql`,
    iat: now(),
    exp: now() + 60,
    jti: `${epoch}..x`,
    scope: ALL_SCOPES.join(' '),
  });

  async function forge(changes: { claims?: object; header?: object; own?: boolean } = {}): Promise<string> {
    const [row] = await app.database.query('SELECT id, encrypted_private_key FROM signing_keys WHERE activates_at IS NOT NULL');
    const pem = app.installation.cipher.decrypt(row?.encrypted_private_key as string, row?.id as string);
    const foreign = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = changes.own ? await importPKCS8(pem, 'ES256') : foreign.privateKey;
    const jwk = { ...foreign.publicKey.export({ format: 'jwk' }), kid: 'foreign' };
    const header = { alg: 'ES256', typ: 'at+jwt', kid: row?.id as string, jwk, ...changes.header };
    return new SignJWT({ ...claims(), ...changes.claims }).setProtectedHeader(header).sign(key);
  }

  const tokens: [string, () => Promise<string>][] = [
    ['garbage', async () => 'garbage'],
    ['nothing', async () => ''],
    ['expired', () => forge({ own: true, claims: { iat: now() - 100, exp: now() - 1 } })],
    ['without an expiry', () => forge({ own: true, claims: { exp: undefined } })],
    ['for another audience', () => forge({ own: true, claims: { aud: `${app.url}/api` } })],
    ['of another issuer', () => forge({ own: true, claims: { iss: 'https://evil.example' } })],
    ['of another type', () => forge({ own: true, header: { typ: 'JWT' } })],
    ['signed by a key in its own header', () => forge()],
    ['signed by a key that is elsewhere', () => forge({ header: { kid: 'foreign', jku: 'https://evil.example/jwks' } })],
    ['of a client that does not exist', () => forge({ own: true, claims: { client_id: 'nobody', sub: 'nobody' } })],
    ['unsigned', async () => `${btoa('{"alg":"none","typ":"at+jwt"}')}.${btoa(JSON.stringify(claims()))}.`.replaceAll('=', '')],
    [
      'altered',
      async () => {
        const [header, , signature] = (await getToken(app, app.admin)).split('.');
        return [header, btoa(JSON.stringify(claims())).replaceAll('=', ''), signature].join('.');
      },
    ],
  ];

  it.each(tokens)('a token that is %s is an invalid_token', async (_what, make) => {
    const answer = await graphql(app, { token: await make(), query: VIEWER });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer error="invalid_token"/);
    expect(codeOf(answer)).toBe('UNAUTHENTICATED');
  });

  it('a good token is good', async () => {
    expect((await graphql(app, { token: await forge({ own: true }), query: VIEWER })).body.data.viewer).toEqual({
      clientId: 'admin',
      scopes: ALL_SCOPES,
    });
  });

  it('a token is worth nothing once its client is disabled or deleted, or made anew', async () => {
    const token = await tokenWith(['clients:read'], 'leaver');
    const isLetIn = async () => (await graphql(app, { token, query: VIEWER })).status === 200;
    expect(await isLetIn()).toBe(true);
    await app.api.updateClient('leaver', { enabled: false });
    expect(await isLetIn()).toBe(false);
    await app.api.updateClient('leaver', { enabled: true });
    expect(await isLetIn()).toBe(false);
    await app.api.deleteClient('leaver');
    await createClient(app, { clientId: 'leaver', scopes: ['clients:read'] });
    expect(await isLetIn()).toBe(false);
  });
});

it('whoever sends a request slowly is asked who they are when it is complete', async () => {
  const slow = await createClient(app, { clientId: 'slow', scopes: ['clients:read', 'clients:write'] });
  const token = await getToken(app, slow);
  const body = JSON.stringify({ query: 'mutation { createClient(input: { name: "X", clientId: "backdoor" }) { clientSecret } }' });
  let answer = '';
  const socket = connect(app.port, '127.0.0.1').on('data', (chunk) => (answer += chunk));
  const headers = ['POST /graphql HTTP/1.1', `Host: localhost:${app.port}`, `Authorization: Bearer ${token}`, 'Connection: close'];
  socket.write(
    `${[...headers, 'Content-Type: application/json', 'Expect: 100-continue', `Content-Length: ${body.length}`].join('\r\n')}\r\n\r\n`,
  );
  while (!answer.includes('100 Continue')) await once(socket, 'data');
  await app.api.deleteClient('slow');
  socket.write(body);
  await once(socket, 'close');
  expect(answer).toContain('HTTP/1.1 401');
  expect((await app.administer('{ client(clientId: "backdoor") { id } }')).body.data.client).toBeNull();
});

describe('PROTOCOL 16: rights', () => {
  const needed: [string, string][] = [
    ['clients', 'clients:read'],
    ['client', 'clients:read'],
    ['createClient', 'clients:write'],
    ['updateClient', 'clients:write'],
    ['deleteClient', 'clients:write'],
    ['rotateClientSecret', 'clients:write'],
    ['revokeClientSecret', 'clients:write'],
    ['revokeClientTokens', 'clients:write'],
    ['changeClientAuthMethod', 'clients:write'],
    ['endPreviousAuthMethod', 'clients:write'],
    ['restorePreviousAuthMethod', 'clients:write'],
    ['refreshClientKeys', 'clients:write'],
    ['trustedIssuers', 'clients:read'],
    ['testAssertion', 'clients:read'],
    ['certificateAuthorities', 'clients:read'],
    ['createCertificateAuthority', 'clients:write'],
    ['deleteCertificateAuthority', 'clients:write'],
    ['createTrustedIssuer', 'clients:write'],
    ['updateTrustedIssuer', 'clients:write'],
    ['deleteTrustedIssuer', 'clients:write'],
    ['signingKeys', 'keys:write'],
    ['rotateSigningKey', 'keys:write'],
    ['revokeSigningKey', 'keys:write'],
    ['tenant', 'tenants:read'],
    ['tenants', 'tenants:read'],
    ['createTenant', 'tenants:write'],
    ['updateTenant', 'tenants:write'],
    ['deleteTenant', 'tenants:write'],
    ['auditEvents', 'audit:read'],
    ['identityProvider', 'clients:read'],
    ['setIdentityProvider', 'clients:write'],
    ['removeIdentityProvider', 'clients:write'],
  ];

  it.each(needed)('%s needs %s and says so', async (name, scope) => {
    const query = operations().find((operation) => operation.name === name)?.query as string;
    const token = await tokenWith(
      ALL_SCOPES.filter((other) => other !== scope),
      `without-${scope.replace(':', '.')}`,
    );
    const before = await app.database.query('SELECT client_id, version FROM clients ORDER BY id');
    const answer = await graphql(app, { token, query });
    expect(codeOf(answer)).toBe('FORBIDDEN');
    expect(answer.body.errors[0].message).toContain(scope);
    expect(await app.database.query('SELECT client_id, version FROM clients ORDER BY id')).toEqual(before);
  });

  it('viewer needs a token and no scope', async () => {
    const bare = await createClient(app, { clientId: 'bare', audiences: [`${app.url}/graphql`] });
    const token = await getToken(app, bare);
    expect((await graphql(app, { token, query: VIEWER })).body.data.viewer).toEqual({ clientId: 'bare', scopes: [] });
  });

  it('lists every operation of the schema above', () => {
    expect(
      operations()
        .map(({ name }) => name)
        .sort(),
    ).toEqual([...needed.map(([name]) => name), 'viewer'].sort());
  });

  it('shrink with the client, not only with the token', async () => {
    const token = await tokenWith(['clients:read', 'audit:read'], 'shrinking');
    await app.api.updateClient('shrinking', { scopes: ['audit:read'] });
    expect((await graphql(app, { token, query: VIEWER })).body.data.viewer.scopes).toEqual(['audit:read']);
    expect(codeOf(await graphql(app, { token, query: '{ clients { nodes { id } } }' }))).toBe('FORBIDDEN');
  });

  it('are those of the token when that is narrower', async () => {
    const token = await getToken(app, app.admin, { scope: 'clients:read' });
    expect(codeOf(await graphql(app, { token, query: 'mutation { deleteClient(clientId: "x") { clientId } }' }))).toBe('FORBIDDEN');
  });

  it.each([
    [
      'createClient',
      'mutation { createClient(input: { name: "X", clientId: "grant", scopes: ["keys:write"], audiences: ["AUD"] }) { clientSecret } }',
    ],
    ['updateClient', 'mutation { updateClient(clientId: "plain", input: { scopes: ["keys:write"] }) { id } }'],
    ['enabling', 'mutation { updateClient(clientId: "strong", input: { enabled: true }) { id } }'],
    ['rotateClientSecret', 'mutation { rotateClientSecret(clientId: "strong") { clientSecret } }'],
  ])('cannot be handed out by %s without being held', async (_how, query) => {
    const token = await tokenWith(['clients:read', 'clients:write'], 'manager');
    for (const clientId of ['plain', 'strong', 'grant'])
      await app.administer(`mutation { deleteClient(clientId: "${clientId}") { clientId } }`);
    await createClient(app, { clientId: 'plain', audiences: [`${app.url}/graphql`] });
    await createClient(app, { clientId: 'strong', scopes: ['keys:write'] });
    await app.api.updateClient('strong', { enabled: false });
    const before = await app.database.query('SELECT client_id, scopes, enabled, version FROM clients ORDER BY id');
    const answer = await graphql(app, { token, query: query.replace('AUD', `${app.url}/graphql`) });
    expect(codeOf(answer)).toBe('FORBIDDEN');
    expect(answer.body.errors[0].message).toContain('keys:write');
    expect(await app.database.query('SELECT client_id, scopes, enabled, version FROM clients ORDER BY id')).toEqual(before);
  });

  it.each([
    ['disabled', 'updateClient(clientId: "senior", input: { enabled: false }) { id }'],
    ['narrowed', 'updateClient(clientId: "senior", input: { scopes: ["keys:write"] }) { id }'],
    ['locked out by tokens of a second', 'updateClient(clientId: "senior", input: { accessTokenLifetime: 1 }) { id }'],
    ['deleted', 'deleteClient(clientId: "senior") { clientId }'],
    ['given another secret', 'rotateClientSecret(clientId: "senior", overlapSeconds: 0) { clientSecret }'],
    ['robbed of its secret', 'revokeClientSecret(clientId: "senior", secretId: "SECRET") { id }'],
    ['robbed of its tokens', 'revokeClientTokens(clientId: "senior") { lastTokenExpiresAt }'],
  ])('cannot be taken from whoever has more: a client is not %s', async (_how, query) => {
    const own = await startApp();
    await createClient(own, { clientId: 'senior', scopes: ['keys:write', 'audit:read'] });
    const secret = String(
      (
        await own.database.query("SELECT s.id FROM client_secrets s JOIN clients c ON c.id = s.client_row_id WHERE c.client_id = 'senior'")
      )[0]?.id,
    );
    const change = `mutation { ${query.replace('SECRET', secret)} }`;
    const before = await own.database.query('SELECT * FROM clients');
    for (const lacking of ['keys:write', 'audit:read']) {
      const junior = await createClient(own, {
        clientId: `without-${lacking.slice(0, 4)}`,
        scopes: ALL_SCOPES.filter((scope) => scope !== lacking),
      });
      const answer = await graphql(own, { token: await getToken(own, junior), query: change });
      expect([codeOf(answer), answer.body.errors[0].message]).toEqual(['FORBIDDEN', expect.stringContaining(lacking)]);
    }
    expect((await own.database.query('SELECT * FROM clients')).filter(({ client_id }) => !String(client_id).startsWith('without'))).toEqual(
      before,
    );
    expect((await own.administer(change)).body.errors?.[0].extensions.code).toBe(
      /revokeClientSecret/.test(query) ? 'LAST_SECRET' : undefined,
    );
    await own.stop();
  });
});

describe('PROTOCOL 16: the token', () => {
  it('is refused in the query string', async () => {
    const token = await getToken(app, app.admin);
    const answer = await readAnswer(
      fetch(`${app.url}/graphql?access_token=${token}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: VIEWER }),
      }),
    );
    expect(answer.status).toBe(400);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer error="invalid_request"/);
    expect(app.logLines.join('')).not.toContain(token);
  });
});

describe('the schema', () => {
  it('may be read without a token', async () => {
    const { status, body } = await graphql(app, { query: getIntrospectionQuery() });
    expect(status).toBe(200);
    expect(body.data.__schema.queryType.name).toBe('Query');
  });

  it('may not when GRAPHIQL is false, and the page is gone', async () => {
    const closed = await startApp({ GRAPHIQL: 'false' });
    const answer = await graphql(closed, { query: getIntrospectionQuery() });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    expect((await readAnswer(fetch(`${closed.url}/graphql`, { headers: { accept: 'text/html' } }))).status).toBe(406);
    expect((await closed.administer('{ __schema { queryType { name } } }')).status).toBe(200);
    await closed.stop();
  });
});

describe('the last administrator', () => {
  it.each([
    ['deleted', 'mutation { deleteClient(clientId: "admin") { clientId } }'],
    ['disabled', 'mutation { updateClient(clientId: "admin", input: { enabled: false }) { id } }'],
    ['stripped', 'mutation { updateClient(clientId: "admin", input: { scopes: ["clients:read"] }) { id } }'],
  ])('cannot be %s', async (_how, query) => {
    const alone = await startApp();
    await createClient(alone, { clientId: 'asleep', scopes: ALL_SCOPES });
    await alone.api.updateClient('asleep', { enabled: false });
    await createClient(alone, { clientId: 'lookalike', scopes: ['Clients:Write', 'xclients:write'] });
    expect(codeOf(await alone.administer(query))).toBe('LAST_ADMINISTRATOR');
    expect((await requestToken(alone, alone.admin)).status).toBe(200);
    await alone.api.updateClient('asleep', { enabled: true });
    expect((await alone.administer(query)).body.errors).toBeUndefined();
    await alone.stop();
  });

  it.each(ALL_SCOPES)('is the one who has %s, whatever others have', async (scope) => {
    const alone = await startApp();
    const others = ALL_SCOPES.filter((other) => other !== scope);
    await createClient(alone, { clientId: 'deputy', scopes: others });
    for (const change of [
      'updateClient(clientId: "admin", input: { enabled: false }) { id }',
      'deleteClient(clientId: "admin") { clientId }',
    ]) {
      const answer = await alone.administer(`mutation { ${change} }`);
      expect([codeOf(answer), answer.body.errors[0].message]).toEqual([
        'LAST_ADMINISTRATOR',
        expect.stringContaining(`the scope ${scope}.`),
      ]);
    }
    await alone.api.updateClient('deputy', { scopes: ALL_SCOPES });
    expect((await alone.administer('mutation { deleteClient(clientId: "admin") { clientId } }')).body.errors).toBeUndefined();
    await alone.stop();
  });

  it('is no client that cannot prove who it is any more', async () => {
    const alone = await startApp();
    const { secret } = await createClient(alone, { clientId: 'leaky', scopes: ALL_SCOPES });
    await postForm(alone, '/connect/leaked', { body: { token: secret } });
    const remove = () => alone.administer('mutation { deleteClient(clientId: "admin") { clientId } }');
    expect(codeOf(await remove())).toBe('LAST_ADMINISTRATOR');
    const rotate = async () => (await alone.administer('mutation { rotateClientSecret(clientId: "leaky") { clientSecret } }')).body.data;
    await rotate();
    await postForm(alone, '/connect/leaked', { body: { token: (await rotate()).rotateClientSecret.clientSecret } });
    // What is left ends by itself.
    expect(codeOf(await remove())).toBe('LAST_ADMINISTRATOR');
    await rotate();
    expect((await remove()).body.errors).toBeUndefined();
    await alone.stop();
  });

  it('stays when two delete each other at once', async () => {
    const pair = await startApp();
    await createClient(pair, { clientId: 'second', scopes: ALL_SCOPES });
    const { clients, sessions, changes, home } = pair.installation;
    // A person, whose rights no deletion ends.
    const person = { ...home, actor: { type: ActorType.PERSON, id: 'somebody', name: null }, request: { id: null, address: null } };
    const { token } = await changes.perform(person, (change) => sessions.beginForPerson(change, ALL_SCOPES));
    const { sessionId } = (await sessions.find(home, token)) as SessionHolder;
    const caller = { ...person, scopes: ALL_SCOPES, credential: { sessionId } };
    const deletions = ['admin', 'second'].map((clientId) => clients.delete(caller, clientId));
    const outcomes = await Promise.allSettled(deletions);
    expect(outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason.code : 'deleted')).sort()).toEqual([
      'LAST_ADMINISTRATOR',
      'deleted',
    ]);
    await pair.stop();
  });
});
