import { ClientUseService } from '../src/clients/use/client-use.service.js';
import { createClient, postForm, requestToken, startApp, type TestApp } from '../testbed/app.js';
import { advanceClock, resetClock, stopClock } from '../testbed/clock.js';

const READ = `query ($clientId: String!, $hours: Int! = 2) { client(clientId: $clientId) {
  lastUsedAt secrets { lastUsedAt lastUsedIp useCount } usage(hours: $hours) { from issued refused } } }`;

let app: TestApp;

beforeAll(async () => {
  app = await startApp({ TRUST_PROXY: 'true' });
});
// So that no hour is over in the middle of a test.
beforeEach(stopClock);
afterEach(resetClock);
afterAll(() => app.stop());

const read = async (clientId: string, hours = 2) => (await app.administer(READ, { clientId, hours })).body.data.client;
const from = (ip: string, credentials: { clientId: string; secret: string }) =>
  postForm(app, '/connect/token', { credentials, body: { grant_type: 'client_credentials' }, headers: { 'x-forwarded-for': ip } });

it('says nothing of a client that was never used', async () => {
  await createClient(app, { clientId: 'unused' });
  const { lastUsedAt, secrets, usage } = await read('unused', 3);
  expect([lastUsedAt, secrets]).toEqual([null, [{ lastUsedAt: null, lastUsedIp: null, useCount: 0 }]]);
  expect(usage.map(({ issued, refused }: { issued: number; refused: number }) => issued + refused)).toEqual([0, 0, 0]);
});

it('remembers when, from where and how often a secret was used, once it is flushed', async () => {
  const client = await createClient(app, { clientId: 'used' });
  const before = Date.now();
  await from('198.51.100.7', client);
  await from('2001:db8::7', client);
  await from('::ffff:203.0.113.9', client);
  expect((await read('used')).secrets[0].useCount).toBe(0);
  await app.installation.use.flush();
  const { lastUsedAt, secrets, usage } = await read('used');
  expect(secrets).toEqual([{ lastUsedAt, lastUsedIp: '203.0.113.9', useCount: 3 }]);
  expect(Date.parse(lastUsedAt)).toBeGreaterThanOrEqual(before);
  expect(usage[1]).toEqual({ from: new Date(Math.floor(Date.now() / 3_600_000) * 3_600_000).toISOString(), issued: 3, refused: 0 });
});

it('counts by hour, what was refused as well', async () => {
  const client = await createClient(app, { clientId: 'hours', scopes: ['a'] });
  await requestToken(app, client);
  await requestToken(app, { ...client, secret: 'wrong' });
  await requestToken(app, client, { scope: 'b' });
  advanceClock(3600);
  await requestToken(app, client);
  await app.installation.use.flush();
  expect((await read('hours', 2)).usage).toMatchObject([
    { issued: 1, refused: 2 },
    { issued: 1, refused: 0 },
  ]);
  expect((await read('hours', 1)).usage).toHaveLength(1);
});

it('sees that a disabled client goes on asking', async () => {
  const client = await createClient(app, { clientId: 'asleep' });
  await app.api.updateClient('asleep', { enabled: false });
  await requestToken(app, client);
  await app.installation.use.flush();
  const { usage, lastUsedAt } = await read('asleep');
  expect([usage[1].refused, lastUsedAt]).toEqual([1, null]);
});

it('counts the secret with which a client looks into tokens', async () => {
  const client = await createClient(app, { clientId: 'looking' });
  await postForm(app, '/connect/introspect', { credentials: client, body: { token: 'x' } });
  await app.installation.use.flush();
  const { secrets, usage } = await read('looking');
  expect([secrets[0].useCount, usage[1].issued]).toEqual([1, 0]);
});

it.each([0, -1, 721])('refuses to tell of %p hours', async (hours) => {
  const { body } = await app.administer(READ, { clientId: 'used', hours });
  expect(body.errors[0].extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'hours' }] });
});

it('tells of 10,000 hours in one request at most', async () => {
  const page = (clients: number) => app.administer(`{ clients(first: ${clients}) { nodes { usage(hours: 720) { issued } } } }`);
  for (let index = 0; index < 28; index += 1) await createClient(app, { clientId: `wide-${index}` });
  expect((await page(13)).body.errors).toBeUndefined();
  expect((await page(14)).body.errors[0].extensions.code).toBe('BAD_USER_INPUT');
  const often = Array.from({ length: 13 }, (_, index) => `a${index}: from`).join(' ');
  for (const fields of [
    `issued refused from ${often}`,
    `...a } } } fragment a on Client { usage(hours: 720) { ${often} ... { issued from refused } }`,
  ]) {
    const wide = (clients: number) =>
      fields.startsWith('...')
        ? app.administer(`{ clients(first: ${clients}) { nodes { ${fields} }`)
        : app.administer(`{ clients(first: ${clients}) { nodes { usage(hours: 720) { ${fields} } } } }`);
    expect((await wide(3)).body.errors).toBeUndefined();
    expect((await wide(4)).body.errors[0].extensions.code).toBe('BAD_USER_INPUT');
  }
});

it('adds up what several instances write at once, and keeps the latest moment', async () => {
  const client = await createClient(app, { clientId: 'several' });
  await requestToken(app, client);
  await app.installation.use.flush();
  const rowId = String((await app.database.query("SELECT id FROM clients WHERE client_id = 'several'"))[0]?.id);
  const secretId = String((await app.database.query('SELECT id FROM client_secrets WHERE client_row_id = ?', [rowId]))[0]?.id);
  const instances = Array.from({ length: 5 }, () => new ClientUseService(app.installation.database));
  for (const [index, instance] of instances.entries()) {
    for (let count = 0; count <= index; count += 1) {
      instance.used({ clientRowId: rowId, secretId, ip: `192.0.2.${index}` });
      instance.count(rowId, 'issued');
    }
  }
  await Promise.all(instances.map((instance) => instance.flush()));
  const { secrets, usage } = await read('several');
  expect([secrets[0].useCount, usage[1].issued]).toEqual([16, 16]);
  const late = new ClientUseService(app.installation.database);
  advanceClock(-60);
  late.used({ clientRowId: rowId, secretId, ip: '192.0.2.99' });
  await late.flush();
  const after = (await read('several')).secrets[0];
  expect([after.useCount, after.lastUsedIp === '192.0.2.99', after.lastUsedAt]).toEqual([17, false, secrets[0].lastUsedAt]);
});

it('writes many at once, and nothing for those that are gone', async () => {
  const clients = [];
  // Some at a time: what waits for its turn for over four seconds is refused, and a slow machine gets there.
  for (let first = 0; first < 450; first += 15)
    clients.push(
      ...(await Promise.all(Array.from({ length: 15 }, (_, index) => createClient(app, { clientId: `crowd-${first + index}` })))),
    );
  await Promise.all(clients.map((client) => requestToken(app, client)));
  await app.api.deleteClient('crowd-7');
  await app.installation.use.flush();
  const [row] = await app.database.query(
    "SELECT SUM(h.issued) AS n FROM client_hours h JOIN clients c ON c.id = h.client_row_id WHERE c.client_id LIKE 'crowd-%'",
  );
  expect(Number(row?.n)).toBe(449);
});

it('keeps what it could not write for the next time', async () => {
  const client = await createClient(app, { clientId: 'kept' });
  const { database, use } = app.installation;
  await requestToken(app, client);
  const write = database.write;
  database.write = () => Promise.reject(new Error('away'));
  await expect(use.flush()).rejects.toThrow('away');
  database.write = write;
  await requestToken(app, client);
  await use.flush();
  await use.flush();
  expect((await read('kept')).secrets[0].useCount).toBe(2);
});

it('counts nothing twice of what it had written when the rest could not be, some clients at a time', async () => {
  const { database, use } = app.installation;
  const rows = await app.database.query("SELECT id FROM clients WHERE client_id LIKE 'crowd-%' ORDER BY id");
  const issued = "SELECT SUM(h.issued) AS n FROM client_hours h JOIN clients c ON c.id = h.client_row_id WHERE c.client_id LIKE 'crowd-%'";
  const count = async () => Number((await app.database.query(issued))[0]?.n);
  const before = await count();
  for (const { id } of rows) use.count(String(id), 'issued');
  const write = database.write;
  let writes = 0;
  database.write = (work) => {
    writes += 1;
    return writes === 3 ? Promise.reject(new Error('away')) : (write.call(database, work as never) as never);
  };
  await expect(use.flush()).rejects.toThrow('away');
  expect(await count()).toBe(before + 200);
  database.write = write;
  await use.flush();
  expect(await count()).toBe(before + rows.length);
});

it('forgets hours that are older than 90 days', async () => {
  const client = await createClient(app, { clientId: 'old' });
  await requestToken(app, client);
  await app.installation.use.flush();
  await app.installation.use.sweep(new Date(Date.now() + 89 * 24 * 3_600_000));
  expect((await read('old')).usage[1].issued).toBe(1);
  await app.installation.use.sweep(new Date(Date.now() + 91 * 24 * 3_600_000));
  expect((await read('old')).usage[1].issued).toBe(0);
});
