import { request } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { pino } from 'pino';
import { openInstallation } from '../src/installation/installation.js';
import { readConfig } from '../src/platform/config.js';
import { DatabaseUnavailable } from '../src/platform/errors.js';
import { isWhole, normalizeHost } from '../src/tenants/host.js';
import { TenantDirectory } from '../src/tenants/tenant-directory.service.js';
import { type Answer, readAnswer } from '../testbed/answer.js';
import {
  createClient,
  createTenant,
  ENCRYPTION_KEY,
  getToken,
  graphql,
  introspect,
  requestToken,
  startApp,
  type TestApp,
  type TestTenant,
} from '../testbed/app.js';
import { advanceClock, resetClock } from '../testbed/clock.js';
import { getSession, graphqlBySession, postSession } from '../testbed/session.js';

let app: TestApp;
let count = 0;

beforeAll(async () => {
  app = await startApp();
});
afterEach(resetClock);
afterAll(() => app.stop());

const codeOf = ({ body }: Answer) => body.errors?.[0].extensions.code;
const hostOf = ({ url }: TestTenant) => new URL(url).host;
const CREATE = 'mutation ($input: CreateTenantInput!) { createTenant(input: $input) { tenant { host } } }';
const create = (host: string, name = 'X') => app.administer(CREATE, { input: { name, host } });
const update = (tenant: TestTenant, input: object) =>
  app.administer(
    `mutation ($host: String!, $input: UpdateTenantInput!) { updateTenant(host: $host, input: $input) {
      name enabled defaultAudience signingAlgorithm minAccessTokenLifetime maxAccessTokenLifetime version } }`,
    { host: hostOf(tenant), input },
  );
const remove = (tenant: TestTenant) =>
  app.administer('mutation ($host: String!) { deleteTenant(host: $host) { host } }', { host: hostOf(tenant) });
const another = () => {
  count += 1;
  return createTenant(app, `tenant-${count}`);
};

describe('a tenant', () => {
  it('has an issuer, keys and an administrator of its own', async () => {
    const acme = await another();
    const token = await getToken(acme, acme.admin);
    expect(decodeJwt(token)).toMatchObject({ iss: acme.url, aud: `${acme.url}/graphql`, sub: 'admin' });
    const kidsOf = async (url: string) =>
      (await readAnswer(fetch(`${url}/.well-known/jwks.json`))).body.keys.map(({ kid }: { kid: string }) => kid);
    expect(await kidsOf(acme.url)).toContain(decodeProtectedHeader(token).kid);
    expect(await kidsOf(app.url)).not.toContain(decodeProtectedHeader(token).kid);
    expect((await readAnswer(fetch(`${acme.url}/.well-known/openid-configuration`))).body).toMatchObject({
      issuer: acme.url,
      token_endpoint: `${acme.url}/connect/token`,
    });
    const viewer = '{ viewer { clientId person { name } scopes tenant { name host isHome issuer defaultAudience } } }';
    expect((await acme.administer(viewer)).body.data.viewer).toEqual({
      clientId: 'admin',
      person: null,
      scopes: ['clients:read', 'clients:write', 'audit:read', 'keys:write'],
      tenant: { name: expect.any(String), host: hostOf(acme), isHome: false, issuer: acme.url, defaultAudience: `${acme.url}/api` },
    });
  });

  it('is named in the log of its requests, and none is where the host is not known', async () => {
    const acme = await another();
    await requestToken(acme, acme.admin);
    await readAnswer(fetch(`http://unknown.localhost:${app.port}/`));
    const [token] = app.logLines.filter((line) => line.includes('/connect/token')).slice(-1);
    expect(JSON.parse(token as string)).toMatchObject({ tenant: hostOf(acme), status: 200 });
    const [unknown] = app.logLines.filter((line) => line.includes('"status":421')).slice(-1);
    expect(JSON.parse(unknown as string)).not.toHaveProperty('tenant');
    // For whoever has to find out what a proxy asks for; nobody else is told.
    expect(JSON.parse(unknown as string)).toMatchObject({ host: `unknown.localhost:${app.port}`, homeIssuer: app.url });
  });

  it('shows the secret of its administrator once', async () => {
    const acme = await another();
    expect(await app.database.dump()).not.toContain(acme.admin.secret);
    expect(app.logLines.join('')).not.toContain(acme.admin.secret);
  });

  it('writes its own record, apart from that of the home tenant', async () => {
    const acme = await another();
    await createClient(acme, { clientId: 'own' });
    const read = '{ auditEvents { nodes { action objectId actorId } } }';
    expect((await acme.administer(read)).body.data.auditEvents.nodes).toEqual([
      { action: 'CREATE_CLIENT', objectId: 'own', actorId: 'admin' },
      { action: 'RESET_ADMINISTRATOR', objectId: 'admin', actorId: 'createTenant' },
    ]);
    const [first] = (await app.administer(read)).body.data.auditEvents.nodes;
    expect(first).toEqual({ action: 'CREATE_TENANT', objectId: hostOf(acme), actorId: 'admin' });
  });

  it('cannot manage tenants, whatever rights somebody gives its clients past the API', async () => {
    const acme = await another();
    const scopes = JSON.stringify(['tenants:read', 'tenants:write']);
    await app.database.query(
      "UPDATE clients SET scopes = ? WHERE client_id = 'admin' AND tenant_id = (SELECT id FROM tenants WHERE host = ?)",
      [scopes, hostOf(acme)],
    );
    const operations = [
      '{ tenants { nodes { host } } }',
      `{ tenant(host: "${hostOf(acme)}") { host } }`,
      'mutation { createTenant(input: { name: "X", host: "x.example" }) { clientSecret } }',
      `mutation { updateTenant(host: "${new URL(app.url).host}", input: { name: "X" }) { id } }`,
      `mutation { deleteTenant(host: "${hostOf(acme)}") { host } }`,
    ];
    for (const query of operations) expect(codeOf(await acme.administer(query))).toBe('FORBIDDEN');
  });
});

describe('the host of a new tenant', () => {
  it.each([
    ['ACME.Example.com', 'acme.example.com'],
    ['port.example:80', 'port.example'],
    [' blank.example ', 'blank.example'],
    ['acme.example.com:8443', 'acme.example.com:8443'],
    ['MÜNCHEN.example', 'xn--mnchen-3ya.example'],
    ['شركة.example', 'xn--ogbpi5d.example'],
    ['192.0.2.7:99', '192.0.2.7:99'],
    ['[2001:DB8::1]', '[2001:db8::1]'],
  ])('%p is stored as %p', async (given, stored) => {
    const answer = await create(given);
    expect(answer.body.data?.createTenant.tenant.host ?? answer.text).toBe(stored);
    expect(
      (await app.administer('query ($host: String!) { tenant(host: $host) { host } }', { host: given.trim() })).body.data.tenant.host,
    ).toBe(stored);
    expect(codeOf(await create(given))).toBe('HOST_TAKEN');
  });

  it.each([
    '',
    ' ',
    'acme.example/path',
    'acme.example?query',
    'acme.example#x',
    'https://acme.example',
    'user@acme.example',
    'acme.example:0',
    'acme.example:65536',
    'acme.example:x',
    'acme.example:',
    '*.acme.example',
    '.',
    '..',
    '1..2.3',
    'xn--a.acme.example',
    '*',
    '[::1',
    '::1',
    '[::g]',
    'acme example',
    'acme_1.example',
    '-acme.example',
    'acme..example',
    'acme.example.',
    '1.2',
    '0x7f.0.0.1',
    '300.1.1.1',
    'a\u0000b',
    'acme\\example',
    'acme%2eexample',
    'acme',
    'ACME:8443',
    'x'.repeat(64),
    `${'x.'.repeat(130)}example`,
    `${'x'.repeat(61)}.${'x'.repeat(63)}.${'x'.repeat(63)}.${'x'.repeat(62)}:65535`,
  ])('%j is refused with a sentence', async (host) => {
    const before = await app.database.query('SELECT host FROM tenants');
    const { body } = await create(host);
    expect(body.errors[0].extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'input.host' }] });
    expect(await app.database.query('SELECT host FROM tenants')).toEqual(before);
  });

  it.each([
    ['acme', 'id.example.com', false],
    ['acme', '192.0.2.7', false],
    ['acme', 'localhost:4000', false],
    ['acme', 'intranet', true],
    ['acme:8443', 'intranet:4000', true],
    ['localhost:4001', 'id.example.com', true],
    ['[2001:db8::1]:8443', 'id.example.com', true],
    ['192.0.2.7', 'id.example.com', true],
    ['acme.localhost', 'localhost', true],
  ])('is whole or cut short: %p beside %p', (host, home, isOne) => {
    expect(isWhole(host, home)).toBe(isOne);
  });

  it('may go with the longest name, in the longest form', async () => {
    const host = `${'x'.repeat(61)}.${'x'.repeat(63)}.${'x'.repeat(63)}.example`;
    expect((await create(host, '\uFDFA'.repeat(100))).body.data.createTenant.tenant.host).toBe(host);
  });

  it("is not that of the home tenant under another of the loopback's names", async () => {
    for (const name of ['localhost', '127.0.0.1', '[::1]']) expect(codeOf(await create(`${name}:${app.port}`))).toBe('HOST_TAKEN');
  });

  it('is given to one of two who ask at once', async () => {
    const codes = (await Promise.all([create('race.example'), create('RACE.example')])).map(codeOf);
    expect(codes.sort()).toEqual(['HOST_TAKEN', undefined]);
  });

  it('drops the port of https where the home tenant has that', () => {
    expect(normalizeHost('acme.example:443', 'https:')).toBe('acme.example');
    expect(normalizeHost('acme.example:80', 'https:')).toBe('acme.example:80');
  });
});

it('takes the scheme of the home issuer', async () => {
  const secure = await startApp({ ISSUER: 'https://id.example.com', TRUST_PROXY: 'true', TRUST_FORWARDED_HOST: 'true' });
  const at = (host: string) => ({ 'x-forwarded-host': host });
  const real = fetch;
  let host = 'id.example.com';
  globalThis.fetch = (url, init) => real(url, { ...init, headers: { ...(init?.headers as Record<string, string>), ...at(host) } });
  try {
    const { body } = await secure.administer(
      'mutation { createTenant(input: { name: "X", host: "acme.example.com:443" }) { tenant { host issuer } clientSecret } }',
    );
    expect(body.data.createTenant.tenant).toEqual({ host: 'acme.example.com', issuer: 'https://acme.example.com' });
    host = 'acme.example.com:443';
    const token = await getToken(secure, { clientId: 'admin', secret: body.data.createTenant.clientSecret });
    expect(decodeJwt(token).iss).toBe('https://acme.example.com');
  } finally {
    globalThis.fetch = real;
    await secure.stop();
  }
});

describe('tenants', () => {
  it('are listed page by page, by host, and found by name and host', async () => {
    await create('zz-1.example', 'Crème brûlée');
    await create('zz-2.example', 'شركة');
    const list = async (variables: object) => {
      const query =
        'query ($search: String, $first: Int! = 50, $after: String) { tenants(search: $search, first: $first, after: $after) { totalCount nodes { host } pageInfo { hasNextPage endCursor } } }';
      return (await app.administer(query, variables)).body.data.tenants;
    };
    const hosts = ({ nodes }: { nodes: { host: string }[] }) => nodes.map(({ host }) => host);
    expect(hosts(await list({ search: 'creme BRULEE' }))).toEqual(['zz-1.example']);
    expect(hosts(await list({ search: 'شركة' }))).toEqual(['zz-2.example']);
    expect(hosts(await list({ search: 'ZZ-' }))).toEqual(['zz-1.example', 'zz-2.example']);
    const seen: string[] = [];
    for (let after: string | null = null, more = true; more; ) {
      const page = await list({ first: 3, after });
      seen.push(...hosts(page));
      after = page.pageInfo.endCursor;
      more = page.pageInfo.hasNextPage;
    }
    const all = await list({ first: 100 });
    expect(seen).toEqual(hosts(all));
    expect(all.totalCount).toBe(seen.length);
    expect(seen).toEqual(seen.toSorted());
  });

  it('that do not exist are null, or TENANT_NOT_FOUND', async () => {
    expect((await app.administer('{ tenant(host: "nobody.example") { id } }')).body.data.tenant).toBeNull();
    expect((await app.administer('{ tenant(host: "no/host") { id } }')).body.data.tenant).toBeNull();
    for (const host of ['nobody.example', 'no/host']) {
      expect(codeOf(await app.administer(`mutation { updateTenant(host: "${host}", input: { name: "X" }) { id } }`))).toBe(
        'TENANT_NOT_FOUND',
      );
      expect(codeOf(await app.administer(`mutation { deleteTenant(host: "${host}") { host } }`))).toBe('TENANT_NOT_FOUND');
    }
  });
});

describe('updateTenant', () => {
  it('renames, and sets the default audience and bounds of the lifetime', async () => {
    const acme = await another();
    const input = { name: ' Acme ', defaultAudience: 'https://api.acme.example', minAccessTokenLifetime: 60, maxAccessTokenLifetime: 3600 };
    const { body } = await update(acme, input);
    expect(body.data.updateTenant).toMatchObject({ ...input, name: 'Acme', version: 2 });
    const make = (accessTokenLifetime: number) =>
      acme.administer('mutation ($input: CreateClientInput!) { createClient(input: $input) { client { audiences } } }', {
        input: { name: 'X', clientId: `lives-${accessTokenLifetime}`, accessTokenLifetime },
      });
    for (const seconds of [59, 3601]) {
      expect((await make(seconds)).body.errors[0].extensions).toMatchObject({
        code: 'BAD_USER_INPUT',
        fields: [{ path: 'input.accessTokenLifetime' }],
      });
    }
    expect((await make(60)).body.data.createClient.client.audiences).toEqual(['https://api.acme.example']);
    expect(
      codeOf(await acme.administer('mutation { updateClient(clientId: "lives-60", input: { accessTokenLifetime: 59 }) { id } }')),
    ).toBe('BAD_USER_INPUT');
    await update(acme, { defaultAudience: null });
    expect((await acme.administer('{ viewer { tenant { defaultAudience } } }')).body.data.viewer.tenant.defaultAudience).toBe(
      `${acme.url}/api`,
    );
  });

  it('lets clients keep a lifetime that they had before', async () => {
    const acme = await another();
    const client = await createClient(acme, { clientId: 'veteran', accessTokenLifetime: 7200 });
    await update(acme, { maxAccessTokenLifetime: 60 });
    expect((await requestToken(acme, client)).body.expires_in).toBe(7200);
    expect(
      codeOf(await acme.administer('mutation { updateClient(clientId: "veteran", input: { scopes: ["a"] }) { id } }')),
    ).toBeUndefined();
  });

  it.each([
    [{ name: '' }, 'input.name'],
    [{ minAccessTokenLifetime: 0 }, 'input.minAccessTokenLifetime'],
    [{ maxAccessTokenLifetime: 31_536_001 }, 'input.maxAccessTokenLifetime'],
    [{ minAccessTokenLifetime: 100, maxAccessTokenLifetime: 99 }, 'input.minAccessTokenLifetime'],
    [{ defaultAudience: 'no uri' }, 'input.defaultAudience'],
    [{ signingAlgorithm: 'none' }, 'input.signingAlgorithm'],
  ])('refuses %p', async (input, path) => {
    const acme = await another();
    const { body } = await update(acme, input);
    expect(body.errors[0].extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path }] });
  });

  it('changes the algorithm as a rotation does: published first, and nothing fails to verify', async () => {
    const acme = await another();
    const client = await createClient(acme, { clientId: 'signed' });
    expect((await update(acme, { signingAlgorithm: 'EdDSA' })).body.data.updateTenant.signingAlgorithm).toBe('EdDSA');
    const { keys } = (await readAnswer(fetch(`${acme.url}/.well-known/jwks.json`))).body;
    expect(decodeProtectedHeader(await getToken(acme, client)).alg).toBe('ES256');
    advanceClock(601);
    const { alg, kid } = decodeProtectedHeader(await getToken(acme, client));
    expect([alg, keys.some((key: { kid: string }) => key.kid === kid)]).toEqual(['EdDSA', true]);
    const [entry] = (await acme.administer('{ auditEvents(filter: { action: ROTATE_SIGNING_KEY }) { nodes { actorType actorId } } }')).body
      .data.auditEvents.nodes;
    expect(entry).toEqual({ actorType: 'SYSTEM', actorId: 'updateTenant' });
  });

  it('refuses a version that has passed', async () => {
    const acme = await another();
    await update(acme, { name: 'First', version: 1 });
    const { body } = await update(acme, { name: 'Second', version: 1 });
    expect(body.errors[0].extensions).toEqual({ code: 'CONFLICT', version: 2 });
  });

  it('leaves to the settings what they say of the home tenant', async () => {
    for (const input of [{ signingAlgorithm: 'RS256' }, { defaultAudience: 'https://x.example' }]) {
      expect((await update(app, input)).body.errors[0].extensions).toMatchObject({ fields: [{ path: `input.${Object.keys(input)[0]}` }] });
    }
    expect((await update(app, { name: 'Headquarters' })).body.data.updateTenant.name).toBe('Headquarters');
  });
});

describe('a tenant that is disabled', () => {
  it('answers like a host that is not known, everywhere, from the next request on', async () => {
    const acme = await another();
    const client = await createClient(acme, { clientId: 'x' });
    const token = await getToken(acme, client);
    const { cookie } = await postSession(acme, acme.admin);
    await update(acme, { enabled: false });
    const answers = [
      await requestToken(acme, client),
      await requestToken(acme, { clientId: 'nobody', secret: 'x' }),
      await introspect(acme, client, token),
      await graphql(acme, { token: 'x', query: '{ viewer { clientId } }' }),
      await graphqlBySession(acme, cookie, '{ viewer { clientId } }'),
      await getSession(acme, cookie),
      await postSession(acme, acme.admin),
      ...(await Promise.all(
        ['/.well-known/jwks.json', '/.well-known/openid-configuration', '/', '/graphql', '/nothing'].map((path) =>
          readAnswer(fetch(acme.url + path)),
        ),
      )),
    ];
    const unknown = ['/', '/graphql'].map(async (path) => (await readAnswer(fetch(`http://unknown.localhost:${app.port}${path}`))).text);
    const [elsewhere, ofGraphql] = await Promise.all(unknown);
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`))).toEqual(new Set([`421 ${elsewhere}`, `421 ${ofGraphql}`]));
    expect((await readAnswer(fetch(`${acme.url}/health/live`))).status).toBe(200);
  });

  it('comes back without the tokens and sessions that it had', async () => {
    const acme = await another();
    const client = await createClient(acme, { clientId: 'x' });
    const token = await getToken(acme, client);
    const { cookie } = await postSession(acme, acme.admin);
    await update(acme, { enabled: false });
    await update(acme, { enabled: true });
    expect((await introspect(acme, client, token)).body).toEqual({ active: false });
    expect((await getSession(acme, cookie)).body.session).toBeNull();
    expect((await introspect(acme, client, await getToken(acme, client))).body.active).toBe(true);
  });

  it('in the middle of a request: nothing is done', async () => {
    const acme = await another();
    const client = await createClient(acme, { clientId: 'board' });
    const { issuers, directory, database, lookup } = app.installation;
    const { write } = database;
    const mutations = [
      'createClient(input: { name: "X", clientId: "late" }) { clientSecret }',
      'updateClient(clientId: "board", input: { accessTokenLifetime: 1 }) { id }',
      'rotateClientSecret(clientId: "board") { clientSecret }',
      'deleteClient(clientId: "board") { clientId }',
      'revokeClientTokens(clientId: "board") { lastTokenExpiresAt }',
      'rotateSigningKey { kid }',
    ];
    for (const mutation of mutations) {
      await acme.administer('{ viewer { clientId } }');
      // It happens between the check of the caller and the change.
      database.write = async (work) => {
        database.write = write;
        await update(acme, { enabled: false });
        return database.write(work);
      };
      const { body } = await acme.administer(`mutation { ${mutation} }`);
      expect(body.errors[0].extensions.code).toBe('TENANT_DISABLED');
      await update(acme, { enabled: true });
    }
    expect((await acme.administer('{ clients { nodes { clientId version } } }')).body.data.clients.nodes).toEqual([
      { clientId: 'admin', version: 1 },
      { clientId: 'board', version: 1 },
    ]);
    const known = await directory.recall(hostOf(acme));
    await update(acme, { enabled: false });
    expect(await lookup.find(known as NonNullable<typeof known>, client.clientId)).toEqual({ client: undefined, tenantVersion: undefined });
    expect(issuers.size).toBeGreaterThan(0);
  });

  it('issues nothing to a request that found it a moment before', async () => {
    const acme = await another();
    const client = await createClient(acme, { clientId: 'x' });
    await getToken(acme, client);
    // Past the server, as another instance would do it: what is remembered of the host is not a second old.
    await app.database.query('UPDATE tenants SET enabled = 0 WHERE host = ?', [hostOf(acme)]);
    const late = await requestToken(acme, client);
    expect([late.status, late.body.error_description]).toEqual([421, 'This host is not served here.']);
  });
});

describe('deleteTenant', () => {
  it('asks for the tenant to be disabled first', async () => {
    expect(codeOf(await remove(await another()))).toBe('TENANT_ENABLED');
  });

  it('takes everything of the tenant with it, and gives the host back', async () => {
    const acme = await another();
    const client = await createClient(acme, { clientId: 'x' });
    await getToken(acme, client);
    await postSession(acme, acme.admin);
    await acme.api.rotateSigningKey();
    await app.installation.use.flush();
    const [row] = await app.database.query('SELECT id FROM tenants WHERE host = ?', [hostOf(acme)]);
    const [clientRow] = await app.database.query("SELECT id FROM clients WHERE tenant_id = ? AND client_id = 'x'", [row?.id]);
    await update(acme, { enabled: false });
    expect((await remove(acme)).body.data.deleteTenant.host).toBe(hostOf(acme));
    const dump = await app.database.dump();
    expect(dump).not.toContain(row?.id);
    expect(dump).not.toContain(clientRow?.id);
    expect((await requestToken(acme, client)).status).toBe(421);
    const { body } = await create(hostOf(acme));
    expect(body.data.createTenant.tenant.host).toBe(hostOf(acme));
    expect((await requestToken(acme, client)).status).toBe(401);
  });

  it('leaves the home tenant, which cannot be disabled either', async () => {
    expect(codeOf(await update(app, { enabled: false }))).toBe('HOME_TENANT');
    expect(codeOf(await remove(app))).toBe('HOME_TENANT');
    expect((await requestToken(app, app.admin)).status).toBe(200);
  });
});

describe('the target of a request', () => {
  const ask = (path: string, headers: Record<string, string>) =>
    new Promise<number>((resolve, reject) =>
      request({ port: app.port, host: '127.0.0.1', path, headers }, (response) => resolve(response.resume().statusCode as number))
        .on('error', reject)
        .end(),
    );

  it('may be a whole URL, of the host that is named and of no other', async () => {
    const acme = await another();
    const path = '/.well-known/jwks.json';
    expect(await ask(acme.url + path, { host: hostOf(acme) })).toBe(200);
    expect(await ask(app.url + path, { host: hostOf(acme) })).toBe(400);
  });

  it.each(['acme.localhost.', 'acme.localhost, evil.example', 'acme.localhost:PORT:1'])('may not be %p', async (host) => {
    expect(await ask('/', { host: host.replace('PORT', String(app.port)) })).toBe(421);
  });
});

it('failures at one tenant do not slow down another', async () => {
  const strict = await startApp({ FAILURE_LIMIT: '3' });
  const acme = await createTenant(strict, 'acme');
  const wrong = { clientId: 'admin', secret: 'wrong' };
  const statuses = [];
  for (let attempt = 0; attempt < 5; attempt += 1) statuses.push((await requestToken(strict, wrong)).status);
  expect(statuses).toEqual([401, 401, 401, 429, 429]);
  expect((await requestToken(acme, wrong)).status).toBe(401);
  expect((await requestToken(acme, acme.admin)).status).toBe(200);
  await strict.stop();
});

it('one reading of a tenant serves all who come while it is under way, and whoever comes after one that failed reads anew', async () => {
  const { database } = app.installation;
  const directory = new TenantDirectory(database, app.url);
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const really = database.read.bind(database);
  let readings = 0;
  const spy = jest.spyOn(database, 'read').mockImplementation(async (work) => {
    readings += 1;
    await gates[readings - 1]?.promise;
    return really(work);
  });
  const crowd = async () => {
    const asked = [];
    for (let number = 0; number < 20; number += 1) {
      const one = directory.recall(hostOf(app));
      one.catch(() => {});
      asked.push(one);
      await setImmediate();
    }
    return asked;
  };
  try {
    const refused = await crowd();
    gates[0]?.reject(new DatabaseUnavailable());
    for (const one of refused) await expect(one).rejects.toThrow(DatabaseUnavailable);
    const served = await crowd();
    gates[1]?.resolve();
    const issuers = (await Promise.all(served)).map((context) => context?.issuer);
    expect([readings, new Set(issuers)]).toEqual([2, new Set([app.url])]);
  } finally {
    spy.mockRestore();
  }
});

it('a database none of whose tenants is the home tenant is told in a sentence at a start', async () => {
  const damaged = await startApp();
  try {
    await damaged.installation.database.write((manager) => manager.query('UPDATE tenants SET is_home = 0'));
    const config = readConfig({ DATABASE_URL: damaged.database.url, ENCRYPTION_KEY });
    const start = openInstallation(config, pino({ enabled: false }));
    await expect(start).rejects.toThrow(expect.objectContaining({ name: 'StartupError', message: expect.stringContaining('is_home = 1') }));
  } finally {
    await damaged.stop();
  }
});
