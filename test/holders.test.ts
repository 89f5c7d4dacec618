import type { EntityManager } from 'typeorm';
import { ClientHolders } from '../src/clients/client-holders.service.js';
import { requireClient } from '../src/clients/client-row.service.js';
import type { AppError } from '../src/platform/errors.js';
import type { TenantContext } from '../src/tenants/caller.js';
import { createClient, createTenant, requestToken, startApp, type TestApp, type TestTenant } from '../testbed/app.js';
import { until } from '../testbed/process.js';

const ALL = ['clients:read', 'clients:write', 'audit:read', 'keys:write'];
const REMOVAL = 'mutation { deleteClient(clientId: "admin") { clientId } }';

let app: TestApp;
let acme: TestTenant;
let count = 0;

beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());
beforeEach(async () => {
  count += 1;
  acme = await createTenant(app, `holders-${count}`);
});

/** Holds up the first who has looked for others who have a right, outside of a change. */
function holdSearches() {
  const { database } = app.installation;
  const { read } = database;
  let searches = 0;
  const gate = Promise.withResolvers<void>();
  database.read = ((work: (manager: EntityManager) => Promise<unknown>, pace?: never) =>
    read.call(
      database,
      (manager) => {
        const watched = Object.create(manager) as EntityManager;
        watched.query = (async (sql: string, parameters: unknown[]) => {
          const rows = await manager.query(sql, parameters);
          if (sql.includes('AS holder_0') && ++searches === 1) await gate.promise;
          return rows;
        }) as typeof manager.query;
        return work(watched);
      },
      pace,
    )) as typeof read;
  const release = () => {
    database.read = read;
    gate.resolve();
  };
  return { release, begun: () => until(() => searches > 0) };
}

it('while others are looked for who have a right, the tenant makes other changes', async () => {
  await createClient(acme, { clientId: 'deputy', scopes: ALL });
  const { release, begun } = holdSearches();
  const removal = acme.administer(REMOVAL);
  try {
    await begun();
    await createClient(acme, { clientId: 'meanwhile' });
  } finally {
    release();
  }
  expect((await removal).body).toEqual({ data: { deleteClient: { clientId: 'admin' } } });
});

it.each([
  ['is deleted', 'deleteClient(clientId: "deputy") { clientId }'],
  ['is disabled', 'updateClient(clientId: "deputy", input: { enabled: false }) { id }'],
  ['loses the right', 'updateClient(clientId: "deputy", input: { scopes: ["clients:read"] }) { id }'],
  [
    'is made anew without rights',
    'deleteClient(clientId: "deputy") { clientId } createClient(input: { name: "A", clientId: "deputy" }) { clientSecret }',
  ],
])('whoever was found and %s before the change is nobody who has it', async (_how, change) => {
  await createClient(acme, { clientId: 'deputy', scopes: ALL });
  const { release, begun } = holdSearches();
  const removal = acme.administer(REMOVAL);
  try {
    await begun();
    expect((await acme.administer(`mutation { ${change} }`)).body.errors).toBeUndefined();
  } finally {
    release();
  }
  expect((await removal).body.errors?.[0].extensions.code).toBe('LAST_ADMINISTRATOR');
  expect((await requestToken(acme, acme.admin)).status).toBe(200);
});

it('whoever has a right is found among all clients, however many are looked at in one go', async () => {
  const { database, directory } = app.installation;
  const names = ['a', 'b', 'c', 'z', 'zz'];
  for (const clientId of names) {
    await createClient(acme, { clientId, scopes: ALL });
    await acme.api.updateClient(clientId, { scopes: [] });
  }
  const context = (await directory.find(new URL(acme.url).host)) as TenantContext;
  const before = await database.read((manager) => requireClient(manager, context, 'admin'));
  const take = (atATime: number) =>
    new ClientHolders(database, atATime)
      .keep(context, (requireOthers) => database.read((manager) => requireOthers(manager, { before, after: null })))
      .then(
        () => 'taken',
        (error: AppError) => error.code,
      );
  const takeInAll = () => Promise.all([1, 2, 3, 6, 7].map(take));
  expect(new Set(await takeInAll())).toEqual(new Set(['LAST_ADMINISTRATOR']));
  for (const clientId of names) {
    await acme.api.updateClient(clientId, { scopes: ALL });
    expect(new Set(await takeInAll())).toEqual(new Set(['taken']));
    await acme.api.updateClient(clientId, { scopes: ALL.slice(1) });
    expect(new Set(await takeInAll())).toEqual(new Set(['LAST_ADMINISTRATOR']));
    await acme.api.updateClient(clientId, { scopes: [] });
  }
  // Of two each has a part.
  await acme.api.updateClient('a', { scopes: ALL.slice(0, 2) });
  await acme.api.updateClient('zz', { scopes: ALL.slice(2) });
  expect(new Set(await takeInAll())).toEqual(new Set(['taken']));
});
