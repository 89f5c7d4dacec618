import { createHash, randomUUID } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, type GenerateKeyPairResult, generateKeyPair, importPKCS8, type JWK, SignJWT } from 'jose';
import { ActorType } from '../src/tenants/caller.js';
import { readAnswer } from './answer.js';
import { type Credentials, claimsOf, createClient, getToken, postForm, requestToken, type TestApp, type TestTenant } from './app.js';
import { makeAuthority } from './certificate-maker.js';
import { TABLES } from './database.js';
import type { Kind } from './operations.js';
import { cookieName } from './session.js';
import { type IssuerKey, makeIssuerKey } from './workload-issuer.js';

const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** A tenant with one of everything. Its name is a part of every name that no other tenant has. */
export interface World extends TestTenant {
  app: TestApp;
  name: string;
  /** Of its row. */
  id: string;
  host: string;
  /** Its client id is in no other tenant. */
  lone: Credentials;
  /** Every tenant has a client of this id, of the same name, with a secret of its own; so it is with those that follow. */
  twin: Credentials;
  /** Gets tokens that live for a long time, and looks into those of all. */
  inspector: Credentials;
  /** Signs assertions with its secret. */
  signing: Credentials;
  /** Access tokens: of the twin, and of the administrator for the GraphQL API, without and with a key that it is bound to. */
  tokens: { twin: string; admin: string; bound: string };
  /** What cookies of sessions hold: of the administrator, and of a person. */
  sessions: { admin: string; person: string };
  /** What the cookie of a sign-in that has begun holds, and the state that it expects back. */
  signIn: { ticket: string; state: string };
  /** What names things of its own, by what an argument may ask for. */
  identifiers: Record<Exclude<Kind, 'newClient' | 'newIssuer' | 'newAuthority' | 'cursor'>, string[]>;
}

/** Keys that all tenants share: the worst that can happen is that one client is in several. */
export interface SharedKeys {
  /** Of the client `keyed`, which proves itself with it. */
  client: GenerateKeyPairResult;
  /** Of an issuer which everybody trusts: it vouches for the client `federated`. */
  platform: IssuerKey;
  /** That tokens are bound to. */
  proof: GenerateKeyPairResult;
  proofJwk: JWK;
  /** Of a provider that describes itself below each path. */
  provider: string;
}

/** Rights of administrators: in every tenant those of the home tenant, which nobody is given there. */
const SCOPES = ['clients:read', 'clients:write', 'tenants:read', 'tenants:write', 'audit:read', 'keys:write'];

/** Whom all tenants trust, with the same key. */
export const PLATFORM = 'https://platform.example';

/** Makes the keys that all tenants share. */
export async function makeSharedKeys(provider: string): Promise<SharedKeys> {
  const [client, proof] = await Promise.all([1, 2].map(() => generateKeyPair('ES256', { extractable: true })));
  if (!client || !proof) throw new Error('there is no key');
  return { client, platform: await makeIssuerKey('platform'), proof, proofJwk: await exportJWK(proof.publicKey), provider };
}

/** Puts one of everything into a tenant. */
export async function provision(app: TestApp, tenant: TestTenant, { name, keys }: { name: string; keys: SharedKeys }): Promise<World> {
  const host = new URL(tenant.url).host;
  const [row] = await app.database.query('SELECT id FROM tenants WHERE host = ?', [host]);
  const id = String(row?.id);
  const parameters = [JSON.stringify(SCOPES), id, tenant.admin.clientId];
  await app.database.query('UPDATE clients SET scopes = ? WHERE tenant_id = ? AND client_id = ?', parameters);
  const lone = await createClient(tenant, { clientId: `lone-${name}` });
  const twin = await createClient(tenant, { clientId: 'twin', scopes: ['orders:read'] });
  const inspector = await createClient(tenant, { clientId: 'inspector', scopes: ['tokens:introspect'] });
  const signing = await createClient(tenant, { clientId: 'signing', authMethod: 'CLIENT_SECRET_JWT' });
  const jwks = { keys: [await exportJWK(keys.client.publicKey)] };
  await createClient(tenant, { clientId: 'keyed', authMethod: 'PRIVATE_KEY_JWT', jwks });
  await provisionFederation(tenant, { name, keys });
  await tenant.administer('mutation { rotateClientSecret(clientId: "twin") { clientSecret } }');
  const provider = { issuer: `${keys.provider}/${name}`, clientId: `latchkey-${name}` };
  await setProvider(tenant, { ...provider, name: `People of ${name}`, clientSecret: `secret of ${name}` });
  const manager = await createClient(tenant, {
    clientId: `manager-${name}`,
    scopes: ['clients:read'],
    audiences: [`${tenant.url}/graphql`],
  });
  await signInAsClient(tenant, manager);
  const world = {
    ...{ ...tenant, app, name, id, host, lone, twin, inspector, signing },
    tokens: {
      twin: await getToken(tenant, twin),
      admin: await getToken(tenant, tenant.admin),
      bound: await getBoundToken(tenant, keys),
    },
    sessions: { admin: await signInAsClient(tenant, tenant.admin), person: await signInAsPerson(app, tenant, name) },
    signIn: await startSignIn(tenant),
  };
  await postForm(tenant, '/connect/revocation', { credentials: lone, body: { token: await getToken(tenant, lone) } });
  return {
    ...world,
    identifiers: {
      ...(await identifiersOf(world)),
      providerClient: [provider.clientId],
      providerIssuer: [provider.issuer],
      issuer: [issuerOf(name)],
      authority: [await fingerprintOf(tenant)],
      movingClient: [`moving-${name}`],
      movedClient: [`moved-${name}`],
      returningClient: [`returning-${name}`],
      fetchedClient: [`fetched-${name}`],
    },
  };
}

/** An issuer that one tenant trusts alone. */
function issuerOf(name: string): string {
  return `https://issuer-of-${name}.example`;
}

/** Issuers, a client that proves itself by what one says, one whose keys are elsewhere, one that has moved, and what comes of using and refusing them. */
async function provisionFederation(tenant: TestTenant, { name, keys }: { name: string; keys: SharedKeys }): Promise<void> {
  const trust = 'mutation ($input: CreateTrustedIssuerInput!) { createTrustedIssuer(input: $input) { id } }';
  const jwks = { keys: [keys.platform.jwk] };
  for (const issuer of [PLATFORM, issuerOf(name)]) await administerWell(tenant, trust, { name: `Issuer of ${name}`, issuer, jwks });
  const believe = 'mutation ($input: CreateCertificateAuthorityInput!) { createCertificateAuthority(input: $input) { id } }';
  await administerWell(tenant, believe, {
    name: `Authority of ${name}`,
    certificate: makeAuthority({ subject: `authority of ${name}` }).pem,
  });
  const create = 'mutation ($input: CreateClientInput!) { createClient(input: $input) { client { id } } }';
  const federatedCredentials = [{ issuer: PLATFORM, subject: 'job' }];
  await administerWell(tenant, create, { name: 'federated', clientId: 'federated', authMethod: 'FEDERATED_JWT', federatedCredentials });
  const fetched = { name: `fetched-${name}`, clientId: `fetched-${name}`, authMethod: 'PRIVATE_KEY_JWT' };
  await administerWell(tenant, create, { ...fetched, jwksUri: `${keys.provider}/${name}/keys` });
  await administerWell(tenant, `mutation { refreshClientKeys(clientId: "${fetched.clientId}") { id } }`);
  await createClient(tenant, { clientId: `moving-${name}` });
  for (const clientId of [`moved-${name}`, `returning-${name}`]) {
    await createClient(tenant, { clientId });
    const method = '{ authMethod: CLIENT_SECRET_JWT }';
    await administerWell(tenant, `mutation { changeClientAuthMethod(clientId: "${clientId}", input: ${method}) { clientSecret } }`);
  }
  const grant = { grant_type: 'client_credentials', client_assertion_type: ASSERTION };
  const assertion = await new SignJWT({ iss: 'keyed', sub: 'keyed', aud: tenant.url, jti: randomUUID() })
    .setProtectedHeader({ alg: 'ES256' })
    .setExpirationTime('1 minute')
    .sign(keys.client.privateKey);
  await postForm(tenant, '/connect/token', { body: { ...grant, client_assertion: assertion } });
  await requestToken(tenant, { clientId: `lone-${name}`, secret: 'wrong' });
}

async function fingerprintOf(tenant: TestTenant): Promise<string> {
  const { body } = await tenant.administer('{ certificateAuthorities { fingerprint } }');
  return body.data.certificateAuthorities[0].fingerprint;
}

async function administerWell(tenant: TestTenant, query: string, input?: object): Promise<void> {
  const { body, text } = await tenant.administer(query, input && { input });
  if (body.errors) throw new Error(text);
}

/** A proof that whoever sends a request holds the key that tokens are bound to. @param url of the request */
export function proveKey({ proof, proofJwk }: SharedKeys, url: string, token?: string): Promise<string> {
  const ath = token && createHash('sha256').update(token).digest('base64url');
  return new SignJWT({ htm: 'POST', htu: url, iat: Math.floor(Date.now() / 1000), jti: randomUUID(), ath })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: proofJwk })
    .sign(proof.privateKey);
}

type PrivateKey = Awaited<ReturnType<typeof importPKCS8>>;

const signingKeys = new Map<World, Promise<{ kid: string; key: PrivateKey }>>();

/** A token that a tenant's own key signs, whatever it says. @param kid the key that it names; the one that signs it when absent */
export async function forgeToken(of: World, claims: object, kid?: string): Promise<string> {
  const known = signingKeys.get(of) ?? findSigningKey(of);
  signingKeys.set(of, known);
  const own = await known;
  return new SignJWT({ ...claims }).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: kid ?? own.kid }).sign(own.key);
}

async function findSigningKey({ app, id }: World): Promise<{ kid: string; key: PrivateKey }> {
  const sql = 'SELECT id, encrypted_private_key FROM signing_keys WHERE tenant_id = ? AND activates_at IS NOT NULL';
  const [row] = await app.database.query(sql, [id]);
  const kid = String(row?.id);
  return { kid, key: await importPKCS8(app.installation.cipher.decrypt(String(row?.encrypted_private_key), kid), 'ES256') };
}

/** Everything that is stored of each tenant, by its id. @throws when there is a row of which nobody knows whose it is */
export async function readRows({ installation: { database, use, refusals } }: TestApp): Promise<Map<string, unknown[]>> {
  await use.flush();
  await refusals.flush();
  const read = async (table: string) => {
    const rows: Record<string, unknown>[] = await database.read((manager) => manager.query(`SELECT * FROM ${table}`));
    return rows.map((row) => ({ table, ...row }));
  };
  const rows: ({ table: string } & Record<string, unknown>)[] = (await Promise.all(TABLES.map(read))).flat();
  const clients = new Map(rows.filter(({ table }) => table === 'clients').map(({ id, tenant_id }) => [id, tenant_id]));
  const segments = new Map(rows.filter(({ table }) => table === 'client_segments').map(({ id, tenant_id }) => [id, tenant_id]));
  return Map.groupBy(rows, ({ table, ...row }) => {
    const owner = table === 'tenants' ? row.id : (row.tenant_id ?? clients.get(row.client_row_id) ?? segments.get(row.segment_id));
    if (typeof owner !== 'string') throw new Error(`${table} has a row that belongs to no tenant`);
    return owner;
  });
}

async function setProvider(tenant: TestTenant, input: object): Promise<void> {
  const grants = [{ value: 'readers', scopes: ['clients:read'] }];
  const query = 'mutation ($input: IdentityProviderInput!) { setIdentityProvider(input: $input) { issuer } }';
  const { body, text } = await tenant.administer(query, { input: { ...input, claim: 'groups', grants } });
  if (body.errors) throw new Error(text);
}

async function getBoundToken(tenant: TestTenant, keys: SharedKeys): Promise<string> {
  const headers = { dpop: await proveKey(keys, `${tenant.url}/connect/token`) };
  const { body } = await postForm(tenant, '/connect/token', {
    credentials: tenant.admin,
    body: { grant_type: 'client_credentials' },
    headers,
  });
  if ((await calculateJwkThumbprint(keys.proofJwk)) !== (claimsOf(body.access_token).cnf as { jkt: string }).jkt)
    throw new Error('it is not bound');
  return body.access_token;
}

async function signInAsClient(tenant: TestTenant, { clientId, secret: clientSecret }: Credentials): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  const answer = await readAnswer(
    fetch(`${tenant.url}/session`, { method: 'POST', headers, body: JSON.stringify({ clientId, clientSecret }) }),
  );
  return cookieOf(answer.headers, cookieName(tenant, 'session'));
}

async function signInAsPerson({ installation }: TestApp, tenant: TestTenant, name: string): Promise<string> {
  const context = await installation.directory.find(new URL(tenant.url).host);
  if (!context) throw new Error('there is no such tenant');
  const actor = { type: ActorType.PERSON, id: `person-${name}`, name: `Somebody of ${name}` };
  const caller = { ...context, actor, request: { id: randomUUID(), address: null } };
  const session = await installation.changes.perform(caller, (change) => installation.sessions.beginForPerson(change, SCOPES));
  return session.token;
}

/** Begins a sign-in at a provider. */
export async function startSignIn(tenant: TestTenant): Promise<World['signIn']> {
  const { headers } = await readAnswer(fetch(`${tenant.url}/session/start`, { redirect: 'manual' }));
  const state = new URL(headers.get('location') ?? '').searchParams.get('state') ?? '';
  return { ticket: cookieOf(headers, cookieName(tenant, 'sign-in')), state };
}

function cookieOf(headers: Headers, name: string): string {
  const cookie = headers.getSetCookie().find((text) => text.startsWith(`${name}=`));
  if (!cookie) throw new Error(`there is no cookie ${name}`);
  return cookie.slice(`${name}=`.length, cookie.indexOf(';'));
}

async function identifiersOf({ app, id, name, host }: Pick<World, 'app' | 'id' | 'name' | 'host'>) {
  const ids = async (sql: string) => (await app.database.query(sql, [id])).map((row) => String(row.id));
  const client = [`lone-${name}`];
  const key = await ids('SELECT id FROM signing_keys WHERE tenant_id = ? ORDER BY activates_at DESC');
  const sessions = await ids('SELECT id FROM sessions WHERE tenant_id = ?');
  return {
    client,
    secret: await ids(
      "SELECT s.id FROM client_secrets s JOIN clients c ON c.id = s.client_row_id WHERE c.tenant_id = ? AND c.client_id = 'twin' ORDER BY s.id",
    ),
    key,
    host: [host],
    text: [...client, `Test lone-${name}`],
    actor: [`manager-${name}`, `person-${name}`],
    object: [...client, ...key, ...sessions],
    request: (await ids('SELECT request_id AS id FROM audit_events WHERE tenant_id = ? AND request_id IS NOT NULL ORDER BY id')).slice(
      0,
      2,
    ),
  };
}
