import { createPublicKey } from 'node:crypto';
import { createRemoteJWKSet, exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose';
import { readAnswer } from '../testbed/answer.js';
import { getToken, graphql, introspect, postForm, requestToken } from '../testbed/app.js';
import { createTestDatabase, type TestDatabase } from '../testbed/database.js';
import { freePort } from '../testbed/free-port.js';
import { startProcess, type TestProcess, until } from '../testbed/process.js';

type Credentials = { clientId: string; secret: string };

let database: TestDatabase;
let one: TestProcess;
let two: TestProcess;
let admin: Credentials;
/** Both answer for one issuer, as behind a load balancer; each of them is asked under that name. */
let issuer: string;
const bare = fetch;

beforeAll(async () => {
  database = await createTestDatabase();
  issuer = `http://localhost:${await freePort()}`;
  const settings = { ISSUER: issuer, TRUST_PROXY: 'true', TRUST_FORWARDED_HOST: 'true' };
  one = await startProcess(database, settings);
  await one.ready();
  two = await startProcess(database, settings);
  await two.ready();
  admin = { clientId: 'admin', secret: one.printedSecret() as string };
  // Every request names the issuer's host, whichever instance it goes to.
  globalThis.fetch = (url, init) =>
    bare(url, { ...init, headers: { ...(init?.headers as Record<string, string>), 'x-forwarded-host': new URL(issuer).host } });
});
afterAll(async () => {
  await Promise.all([one.stop('SIGKILL'), two.stop('SIGKILL')]);
  await database.remove();
});

const administer = async (server: TestProcess, query: string, variables: object = {}) => {
  const { body, text } = await graphql(server, { token: await getToken(server, admin), query, variables });
  if (!body.data) throw new Error(text);
  return body.data;
};

async function create(server: TestProcess, input: { clientId: string; [field: string]: unknown }): Promise<Credentials> {
  const query = 'mutation ($input: CreateClientInput!) { createClient(input: $input) { clientSecret } }';
  const data = await administer(server, query, { input: { name: input.clientId, ...input } });
  return { clientId: input.clientId, secret: data.createClient.clientSecret };
}

describe('what one instance has answered holds on the other at once', () => {
  const ends: [string, string][] = [
    ['deleteClient', 'mutation { deleteClient(clientId: "CLIENT") { clientId } }'],
    ['a disabling updateClient', 'mutation { updateClient(clientId: "CLIENT", input: { enabled: false }) { id } }'],
  ];

  it.each(ends)('promise 4: %s', async (_how, mutation) => {
    const api = await create(one, { clientId: `api-${mutation.length}`, scopes: ['tokens:introspect'] });
    for (let round = 0; round < 10; round += 1) {
      const [here, there] = round % 2 ? [one, two] : [two, one];
      const client = await create(here, { clientId: `end-${mutation.length}-${round}`, scopes: ['clients:read'] });
      const token = await getToken(there, client);
      await administer(here, mutation.replace('CLIENT', client.clientId));
      const [asked, looked, used] = await Promise.all([
        requestToken(there, client),
        introspect(there, api, token),
        graphql(there, { token, query: '{ viewer { clientId } }' }),
      ]);
      expect([asked.status, looked.text, used.status]).toEqual([401, '{"active":false}', 401]);
    }
  });

  it("promise 4: a secret's revocation", async () => {
    const client = await create(one, { clientId: 'secret' });
    const rotated = await administer(two, 'mutation { rotateClientSecret(clientId: "secret") { clientSecret client { secrets { id } } } }');
    const second = { clientId: 'secret', secret: rotated.rotateClientSecret.clientSecret };
    const [token, kept] = [await getToken(one, client), await getToken(one, second)];
    const secretId = rotated.rotateClientSecret.client.secrets[1].id;
    await administer(two, 'mutation ($secretId: ID!) { revokeClientSecret(clientId: "secret", secretId: $secretId) { id } }', { secretId });
    expect((await requestToken(one, client)).status).toBe(401);
    expect((await introspect(one, second, token)).body.active).toBe(false);
    expect((await introspect(one, second, kept)).body.active).toBe(true);
  });

  it('promise 4: revokeClientTokens, and the revocation of one token', async () => {
    const client = await create(one, { clientId: 'tokens' });
    const [first, second] = [await getToken(one, client), await getToken(two, client)];
    await postForm(one, '/connect/revocation', { credentials: client, body: { token: second } });
    expect([(await introspect(two, client, first)).body.active, (await introspect(two, client, second)).body.active]).toEqual([
      true,
      false,
    ]);
    await administer(two, 'mutation { revokeClientTokens(clientId: "tokens") { lastTokenExpiresAt } }');
    expect((await introspect(one, client, first)).body.active).toBe(false);
    expect((await introspect(one, client, await getToken(two, client))).body.active).toBe(true);
  });

  it('promise 6: nobody hands out a right that was taken from them on the other', async () => {
    const manager = await create(one, { clientId: 'manager', scopes: ['clients:read', 'clients:write', 'keys:write'] });
    const token = await getToken(two, manager);
    await administer(one, 'mutation { updateClient(clientId: "manager", input: { scopes: ["clients:read", "clients:write"] }) { id } }');
    await create(one, { clientId: 'strong', scopes: ['keys:write'] });
    const attempts = [
      'mutation { createClient(input: { name: "X", clientId: "grant", scopes: ["keys:write"] }) { clientSecret } }',
      'mutation { rotateClientSecret(clientId: "strong", overlapSeconds: 0) { clientSecret } }',
      'mutation { rotateSigningKey { kid } }',
    ];
    for (const query of attempts) {
      const { body } = await graphql(two, { token, query });
      expect(body.errors[0].extensions.code).toBe('FORBIDDEN');
    }
  });

  it('PROTOCOL 21: an assertion counts once on both together', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    await create(one, { clientId: 'keyed', authMethod: 'PRIVATE_KEY_JWT', jwks: { keys: [await exportJWK(publicKey)] } });
    for (let round = 0; round < 10; round += 1) {
      const assertion = await new SignJWT({ iss: 'keyed', sub: 'keyed', aud: issuer, jti: `once-${round}` })
        .setProtectedHeader({ alg: 'ES256' })
        .setExpirationTime('1 minute')
        .sign(privateKey);
      const body = {
        grant_type: 'client_credentials',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: assertion,
      };
      const answers = await Promise.all([one, two, one, two].map((server) => postForm(server, '/connect/token', { body })));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401]);
    }
  });

  it('one of two rotations at once wins', async () => {
    for (let round = 0; round < 5; round += 1) {
      const clientId = `duel-${round}`;
      await create(one, { clientId });
      const query = `mutation { rotateClientSecret(clientId: "${clientId}", overlapSeconds: 0) { clientSecret } }`;
      const tokens = await Promise.all([one, two].map((server) => getToken(server, admin)));
      const answers = await Promise.all([one, two].map((server, index) => graphql(server, { token: tokens[index], query })));
      expect(answers.map(({ body }) => body.errors?.[0].extensions.code ?? 'rotated').sort()).toEqual(['CONFLICT', 'rotated']);
      const secret = answers.find(({ body }) => body.data)?.body.data.rotateClientSecret.clientSecret;
      expect((await requestToken(one, { clientId, secret })).status).toBe(200);
    }
  });
});

it('adds up the use that both have seen', async () => {
  const client = await create(one, { clientId: 'shared' });
  await Promise.all(Array.from({ length: 40 }, (_, index) => requestToken(index % 2 ? one : two, client)));
  const read = async () =>
    (await administer(one, '{ client(clientId: "shared") { secrets { useCount } usage(hours: 2) { issued } } }')).client;
  await until(async () => (await read()).secrets[0].useCount === 40);
  const { usage } = await read();
  expect(usage[0].issued + usage[1].issued).toBe(40);
});

it('no token fails to verify while the signing key is rotated under load', async () => {
  const client = await create(one, { clientId: 'load', scopes: ['tokens:introspect'] });
  const servers = [one, two];
  // A resource server that keeps the JWKS, as they do, and one that fetches it each time.
  const kept = createRemoteJWKSet(new URL(`${one.url}/.well-known/jwks.json`), { cooldownDuration: 600_000, cacheMaxAge: 600_000 });
  await jwtVerify(await getToken(one, client), kept, { issuer });
  const kids = new Set<string>();
  let isOver = false;
  let verified = 0;
  const work = async (index: number) => {
    while (!isOver) {
      const token = await getToken(servers[index % 2] as TestProcess, client);
      const { protectedHeader } = await jwtVerify(token, kept, { issuer, audience: `${issuer}/api` });
      kids.add(protectedHeader.kid as string);
      const there = servers[(index + 1) % 2] as TestProcess;
      const { keys } = (await readAnswer(fetch(`${there.url}/.well-known/jwks.json`))).body;
      const jwk = keys.find(({ kid }: { kid: string }) => kid === protectedHeader.kid);
      await jwtVerify(token, createPublicKey({ key: jwk, format: 'jwk' }), { issuer });
      expect((await introspect(there, client, token)).body.active).toBe(true);
      verified += 1;
    }
  };
  const workers = Array.from({ length: 6 }, (_, index) => work(index));
  const failures = Promise.allSettled(workers);
  await until(() => verified > 50);
  await administer(one, 'mutation { rotateSigningKey { kid } }');
  const { signingKeys } = await administer(one, '{ signingKeys { kid state } }');
  const active = signingKeys.find(({ state }: { state: string }) => state === 'ACTIVE').kid;
  const signsAnew = async (server: TestProcess) =>
    JSON.parse(atob((await getToken(server, client)).split('.')[0] as string)).kid === active;
  await until(async () => (await signsAnew(one)) && (await signsAnew(two)));
  const sinceThen = verified;
  await until(() => verified > sinceThen + 50);
  isOver = true;
  const outcomes = await failures;
  expect(outcomes.filter(({ status }) => status === 'rejected')).toEqual([]);
  expect(kids.size).toBe(2);
});

it('writes down what it has seen before it ends', async () => {
  const client = await create(one, { clientId: 'goodbye' });
  const three = await startProcess(database, { ISSUER: issuer, TRUST_PROXY: 'true', TRUST_FORWARDED_HOST: 'true' });
  await three.ready();
  for (let time = 0; time < 3; time += 1) await requestToken(three, client);
  expect(await three.stop()).toBe(0);
  const { client: read } = await administer(one, '{ client(clientId: "goodbye") { secrets { useCount } lastUsedAt } }');
  expect([read.secrets[0].useCount, read.lastUsedAt]).toEqual([3, expect.any(String)]);
});

describe('what one instance has changed of tenants and keys, the other sees at the next request', () => {
  const token = async (server: TestProcess, client: Credentials) =>
    JSON.parse(atob((await getToken(server, client)).split('.')[0] as string)).kid;

  it('a key that was revoked signs nothing more', async () => {
    const client = await create(one, { clientId: 'signs' });
    for (let round = 0; round < 5; round += 1) {
      const [here, there] = round % 2 ? [one, two] : [two, one];
      const { signingKeys } = await administer(here, '{ signingKeys { kid state } }');
      const active = signingKeys.find(({ state }: { state: string }) => state === 'ACTIVE').kid;
      expect([await token(there, client), await token(here, client)]).toEqual([active, active]);
      await administer(here, 'mutation ($kid: ID!) { revokeSigningKey(kid: $kid) { kid } }', { kid: active });
      const kids = await Promise.all([there, here, there].map((server) => token(server, client)));
      expect(kids).not.toContain(active);
      const { keys } = (await readAnswer(fetch(`${there.url}/.well-known/jwks.json`))).body;
      expect(keys.map(({ kid }: { kid: string }) => kid)).toEqual(expect.arrayContaining(kids));
    }
  });

  it('a tenant that was disabled issues nothing, one that was enabled does, one that was deleted is gone', async () => {
    const host = `acme.localhost:${new URL(issuer).port}`;
    const real = fetch;
    /** Asks for the tenant, whichever instance it goes to. */
    const atAcme = async <T>(work: () => Promise<T>): Promise<T> => {
      globalThis.fetch = (url, init) =>
        bare(url, { ...init, headers: { ...(init?.headers as Record<string, string>), 'x-forwarded-host': host } });
      return work().finally(() => {
        globalThis.fetch = real;
      });
    };
    const query = 'mutation ($host: String!) { createTenant(input: { name: "Acme", host: $host }) { clientSecret } }';
    const { createTenant } = await administer(one, query, { host });
    const acme = { clientId: 'admin', secret: createTenant.clientSecret };
    const enable = (server: TestProcess, enabled: boolean) =>
      administer(
        server,
        'mutation ($host: String!, $enabled: Boolean!) { updateTenant(host: $host, input: { enabled: $enabled }) { id } }',
        {
          host,
          enabled,
        },
      );
    const statuses = () => atAcme(() => Promise.all([one, two].map(async (server) => (await requestToken(server, acme)).status)));
    for (let round = 0; round < 5; round += 1) {
      const server = round % 2 ? one : two;
      expect(await statuses()).toEqual([200, 200]);
      await enable(server, false);
      expect(await statuses()).toEqual([421, 421]);
      await enable(server, true);
    }
    await enable(one, false);
    await administer(two, 'mutation ($host: String!) { deleteTenant(host: $host) { host } }', { host });
    const again = await administer(two, query, { host });
    expect(await statuses()).toEqual([401, 401]);
    acme.secret = again.createTenant.clientSecret;
    expect(await statuses()).toEqual([200, 200]);
  });
});
