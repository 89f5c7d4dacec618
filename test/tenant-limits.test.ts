import {
  type Credentials,
  createClient,
  createTenant,
  postForm,
  requestToken,
  startApp,
  type TestApp,
  type TestTenant,
} from '../testbed/app.js';
import { advanceClock, resetClock, stopClock } from '../testbed/clock.js';
import { postSession } from '../testbed/session.js';

let app: TestApp;
let acme: TestTenant;
let count = 0;

beforeAll(async () => {
  app = await startApp({ TENANT_CLIENT_LIMIT: '5' });
});
// Each limit is of the minute or day of the clock, which must not turn between what uses one up and what is refused.
beforeEach(stopClock);
beforeEach(async () => {
  count += 1;
  acme = await createTenant(app, `acme-${count}`);
});
afterEach(resetClock);
afterAll(() => app.stop());

const hostOf = ({ url }: TestTenant) => new URL(url).host;
const limit = (input: string) =>
  app.administer(
    `mutation { updateTenant(host: "${hostOf(acme)}", input: { ${input} }) { maxClients maxMutationsPerMinute maxRecordBytesPerDay } }`,
  );
const create = (clientId: string) =>
  acme.administer(`mutation { createClient(input: { name: "X", clientId: "${clientId}" }) { clientSecret } }`);

it('a tenant has as many clients as the settings say, and no more', async () => {
  for (const clientId of ['a', 'b', 'c', 'd']) await createClient(acme, { clientId });
  const { status, body } = await create('e');
  expect([status, body.errors[0].extensions]).toEqual([200, { code: 'TENANT_LIMIT', limit: 'CLIENTS' }]);
  await acme.api.deleteClient('a');
  expect((await create('e')).body.errors).toBeUndefined();
});

const countOf = async (tenant: TestTenant) =>
  (await app.database.query('SELECT client_count FROM tenants WHERE host = ?', [hostOf(tenant)]))[0]?.client_count;

it('counts clients that a release which counts none has made, from the next day on', async () => {
  await createClient(acme, { clientId: 'a' });
  const [row] = await app.database.query(
    "SELECT * FROM clients WHERE client_id = 'a' AND tenant_id = (SELECT id FROM tenants WHERE host = ?)",
    [hostOf(acme)],
  );
  for (const id of ['b', 'c', 'd']) {
    const copy: Record<string, unknown> = { ...row, id, client_id: id, search_slot: null };
    const columns = Object.keys(copy);
    await app.database.query(
      `INSERT INTO clients (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
      Object.values(copy),
    );
  }
  advanceClock(24 * 3600);
  expect((await create('e')).body.errors?.[0].extensions.limit).toBe('CLIENTS');
});

it('knows how many clients there are after every change, whatever it changes', async () => {
  await createClient(acme, { clientId: 'a' });
  const before = await countOf(acme);
  advanceClock(24 * 3600);
  await acme.api.revokeClientTokens('a');
  expect(await countOf(acme)).toBe(before);
  expect(before).toBeGreaterThan(0);
  advanceClock(2 * 24 * 3600);
  await acme.api.deleteClient('a');
  expect(await countOf(acme)).toBe(Number(before) - 1);
});

it('a tenant makes as many mutations a minute as it may, then waits; those of others go on', async () => {
  expect((await limit('maxMutationsPerMinute: 3')).body.data.updateTenant.maxMutationsPerMinute).toBe(3);
  // The administrator's sign-in and the like are before this.
  for (const clientId of ['a', 'b', 'c']) expect((await create(clientId)).body.errors).toBeUndefined();
  const { status, headers, body } = await create('d');
  const wait = body.errors[0].extensions.retryAfterSeconds;
  expect([status, body.errors[0].extensions]).toEqual([
    429,
    { code: 'TENANT_LIMIT', limit: 'MUTATIONS', retryAfterSeconds: expect.any(Number) },
  ]);
  expect([headers.get('retry-after'), wait > 0 && wait <= 60]).toEqual([String(wait), true]);
  expect((await app.administer('mutation { revokeClientTokens(clientId: "admin") { lastTokenExpiresAt } }')).body.errors).toBeUndefined();
  advanceClock(wait);
  expect((await create('d')).body.errors).toBeUndefined();
});

it('the record of a tenant grows by as many bytes a day as it may', async () => {
  await limit('maxRecordBytesPerDay: 2000');
  const scopes = JSON.stringify(Array.from({ length: 20 }, (_, index) => `scope-${index}`.padEnd(60, 'x')));
  const change = (seconds: number) =>
    acme.administer(`mutation { updateClient(clientId: "a", input: { accessTokenLifetime: ${seconds}, scopes: ${scopes} }) { id } }`);
  await createClient(acme, { clientId: 'a' });
  await change(60);
  const { status, headers, body } = await change(61);
  expect([status, body.errors[0].extensions]).toMatchObject([429, { code: 'TENANT_LIMIT', limit: 'RECORD' }]);
  expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(24 * 3600);
  advanceClock(Number(headers.get('retry-after')));
  expect((await change(62)).body.errors).toBeUndefined();
});

describe('what ends access is not hindered by a limit that is used up:', () => {
  let doomed: Credentials;
  const use = async (mutation: string) => (await acme.administer(`mutation { ${mutation} }`)).body.errors;

  beforeEach(async () => {
    doomed = await createClient(acme, { clientId: 'doomed' });
    await createClient(acme, { clientId: 'disabled' });
    const { body } = await acme.administer('mutation { rotateClientSecret(clientId: "doomed") { clientSecret } }');
    expect(body.errors).toBeUndefined();
    await limit('maxMutationsPerMinute: 1, maxRecordBytesPerDay: 1');
    expect((await create('late')).body.errors[0].extensions.code).toBe('TENANT_LIMIT');
  });

  it('deleting, disabling and revoking secrets', async () => {
    const { body } = await acme.administer('{ client(clientId: "doomed") { secrets { id } } }');
    expect(await use(`revokeClientSecret(clientId: "doomed", secretId: "${body.data.client.secrets[1].id}") { id }`)).toBeUndefined();
    expect(await use('updateClient(clientId: "disabled", input: { enabled: false }) { id }')).toBeUndefined();
    expect(await use('deleteClient(clientId: "doomed") { clientId }')).toBeUndefined();
  });

  it('but what ends nothing is a change like others, and takes nothing from what is kept back', async () => {
    const { body } = await acme.administer('{ client(clientId: "doomed") { secrets { id } } }');
    const revoke = `revokeClientSecret(clientId: "doomed", secretId: "${body.data.client.secrets[1].id}") { id }`;
    expect(await use(revoke)).toBeUndefined();
    for (let time = 0; time < 4; time += 1) {
      expect(await use('removeIdentityProvider')).toMatchObject([{ extensions: { code: 'TENANT_LIMIT' } }]);
      expect(await use(revoke)).toMatchObject([{ extensions: { code: 'TENANT_LIMIT' } }]);
    }
    await limit('maxMutationsPerMinute: 2, maxRecordBytesPerDay: null');
    expect(await use('revokeClientTokens(clientId: "disabled") { lastTokenExpiresAt }')).toBeUndefined();
  });

  it('and is not a way to write without end: disabling what is disabled is a change like others', async () => {
    await use('updateClient(clientId: "disabled", input: { enabled: false }) { id }');
    expect(await use('updateClient(clientId: "disabled", input: { enabled: false, accessTokenLifetime: 9 }) { id }')).toMatchObject([
      { extensions: { code: 'TENANT_LIMIT' } },
    ]);
  });

  it('the report of a leak', async () => {
    await postForm(acme, '/connect/leaked', { body: { token: doomed.secret } });
    expect((await requestToken(acme, doomed)).status).toBe(401);
  });

  it('the home tenant disables and deletes it, whatever limit it has itself', async () => {
    const host = hostOf(acme);
    expect(
      (await app.administer(`mutation { updateTenant(host: "${host}", input: { enabled: false }) { id } }`)).body.errors,
    ).toBeUndefined();
    expect((await app.administer(`mutation { deleteTenant(host: "${host}") { host } }`)).body.errors).toBeUndefined();
  });
});

it('lets the home tenant lift a limit of its own that is used up, and do nothing else by that', async () => {
  const update = (input: string) =>
    app.administer(`mutation { updateTenant(host: "${hostOf(app)}", input: { ${input} }) { maxMutationsPerMinute maxRecordBytesPerDay } }`);
  const code = async (input: string) => (await update(input)).body.errors?.[0].extensions.code;
  for (const name of ['maxMutationsPerMinute', 'maxRecordBytesPerDay']) {
    await update(`${name}: 1`);
    const others = ['name: "Home"', `${name}: 1`, 'maxClients: 4', `${name}: null, name: "Home"`, `${name}: null, maxClients: 4`];
    for (const input of others) expect([input, await code(input)]).toEqual([input, 'TENANT_LIMIT']);
    // Five is what the setting says of clients: back to it is no more room.
    expect([await code('maxClients: 6'), await code('maxClients: 6'), await code('maxClients: null')]).toEqual([
      undefined,
      'TENANT_LIMIT',
      'TENANT_LIMIT',
    ]);
    expect([await code(`${name}: null`), await code('name: "Home"'), await code('maxClients: null')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  }
});

it('signing in takes no room from other changes and has a reserve above them, cutting tokens one above that', async () => {
  await limit('maxMutationsPerMinute: 2');
  for (const clientId of ['a', 'b']) await create(clientId);
  const cut = () => acme.administer('mutation { revokeClientTokens(clientId: "a") { lastTokenExpiresAt } }');
  expect([(await create('c')).status, (await postSession(acme, acme.admin)).status]).toEqual([429, 200]);
  expect([(await cut()).status, (await postSession(acme, acme.admin)).status, (await cut()).status]).toEqual([200, 429, 200]);
  expect((await cut()).status).toBe(429);
});

it('whoever signs in again and again is sent away for the rest of the hour, and nobody else', async () => {
  const reader = await createClient(acme, { clientId: 'reader', scopes: ['clients:read'] });
  const other = await createClient(acme, { clientId: 'other', scopes: ['clients:read'] });
  await limit('maxMutationsPerMinute: 3');
  for (let times = 0; times < 120; times += 1) expect((await postSession(acme, reader)).status).toBe(200);
  const { status, headers, body } = await postSession(acme, reader);
  expect([status, headers.has('retry-after'), body.error]).toEqual([429, true, 'too_many_requests']);
  expect([(await postSession(acme, other)).status, (await postSession(acme, acme.admin)).status]).toEqual([200, 200]);
  // What it used up is its own.
  expect((await create('made-by-others')).status).toBe(200);
});

it('belongs to those who manage tenants: null gives the setting back, and others are refused', async () => {
  expect((await limit('maxClients: 7')).body.data.updateTenant.maxClients).toBe(7);
  expect((await limit('maxClients: null')).body.data.updateTenant.maxClients).toBe(5);
  expect((await limit('maxClients: 0')).body.errors[0].extensions.fields).toMatchObject([{ path: 'input.maxClients' }]);
  const { body } = await acme.administer(`mutation { updateTenant(host: "${hostOf(acme)}", input: { maxClients: 99 }) { id } }`);
  expect(body.errors[0].extensions.code).toBe('FORBIDDEN');
});

it('is told in the log and counted', async () => {
  await limit('maxMutationsPerMinute: 1');
  await create('a');
  const { headers } = await create('b');
  const line = app.logLines
    .map((text) => JSON.parse(text))
    .find(({ requestId, limit: kind }) => requestId === headers.get('x-request-id') && kind);
  expect(line).toMatchObject({ tenant: hostOf(acme), actorId: 'admin', limit: 'MUTATIONS', msg: 'a tenant has used up a limit' });
  expect(await app.metrics.registry.getSingleMetricAsString('latchkey_tenant_limits_total')).toMatch(/limit="MUTATIONS"\} [1-9]/);
});
