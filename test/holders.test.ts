import type { EntityManager } from 'typeorm';
import { ClientHolders, lossOf } from '../src/clients/client-holders.service.js';
import { requireClient } from '../src/clients/client-row.service.js';
import type { SessionHolder } from '../src/people/session.service.js';
import type { AppError } from '../src/platform/errors.js';
import { ActorType, type Principal, type TenantContext } from '../src/tenants/caller.js';
import { createClient, createTenant, postForm, requestToken, startApp, type TestApp, type TestTenant } from '../testbed/app.js';
import { until } from '../testbed/process.js';

const ALL = ['clients:read', 'clients:write', 'audit:read', 'keys:write'];

let app: TestApp;
let acme: TestTenant;
let context: TenantContext;
/** Somebody whose rights are no client's. */
let person: Principal;
let count = 0;

beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());
beforeEach(async () => {
  count += 1;
  acme = await createTenant(app, `holders-${count}`);
  const { directory, changes, sessions } = app.installation;
  context = (await directory.find(new URL(acme.url).host)) as TenantContext;
  const somebody = { ...context, actor: { type: ActorType.PERSON, id: 'somebody', name: null }, request: { id: null, address: null } };
  const { token } = await changes.perform(somebody, (change) => sessions.beginForPerson(change, ALL));
  const { sessionId } = (await sessions.find(context, token)) as SessionHolder;
  person = { ...somebody, scopes: ALL, credential: { sessionId } };
});

/** Deletes a client as that person. @returns what became of it */
function remove(clientId: string): Promise<string> {
  return app.installation.clients.delete(person, clientId).then(
    () => 'deleted',
    (error: AppError) => error.code,
  );
}

/** Holds up the first who has looked for others who have a right, outside of a change. */
function holdSearches() {
  const { database } = app.installation;
  const { read, rows } = database;
  let searches = 0;
  const gate = Promise.withResolvers<void>();
  const held = async <T>(sql: string, found: Promise<T>) => {
    const result = await found;
    if (sql.includes('AS clientId') && ++searches === 1) await gate.promise;
    return result;
  };
  const watched = (manager: EntityManager): EntityManager =>
    Object.create(manager, { query: { value: (sql: string, values: unknown[]) => held(sql, manager.query(sql, values)) } });
  database.read = (work, pace) => read.call(database, (manager) => work(watched(manager)), pace) as never;
  database.rows = (sql, values) => held(sql, rows.call(database, sql, values)) as never;
  const release = () => {
    Object.assign(database, { read, rows });
    gate.resolve();
  };
  return { release, begun: () => until(() => searches > 0) };
}

it('while others are looked for who have a right, the tenant makes other changes', async () => {
  await createClient(acme, { clientId: 'deputy', scopes: ALL });
  const { release, begun } = holdSearches();
  const removal = remove('admin');
  try {
    await begun();
    await createClient(acme, { clientId: 'meanwhile' });
  } finally {
    release();
  }
  expect(await removal).toBe('deleted');
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
  const removal = remove('admin');
  try {
    await begun();
    expect((await acme.administer(`mutation { ${change} }`)).body.errors).toBeUndefined();
  } finally {
    release();
  }
  expect(await removal).toBe('LAST_ADMINISTRATOR');
  expect((await requestToken(acme, acme.admin)).status).toBe(200);
});

it('of many who are removed at once all go but the last', async () => {
  const clientIds = Array.from({ length: 40 }, (_, index) => `deputy-${index}`);
  for (const clientId of clientIds) await createClient(acme, { clientId, scopes: ALL });
  expect(new Set(await Promise.all(clientIds.slice(0, 20).map(remove)))).toEqual(new Set(['deleted']));
  const asClient = clientIds
    .slice(20)
    .map((clientId) => acme.administer(`mutation { deleteClient(clientId: "${clientId}") { clientId } }`));
  expect((await Promise.all(asClient)).flatMap(({ body }) => body.errors ?? [])).toEqual([]);
  expect(await remove('admin')).toBe('LAST_ADMINISTRATOR');
});

it('whoever has a right is found among all clients, however many are looked at in one go', async () => {
  const { database } = app.installation;
  const names = ['a', 'b', 'c', 'z', 'zz'];
  // As many have rights and no way to use them.
  for (const clientId of names) {
    await createClient(acme, { clientId, scopes: ALL });
    const { secret } = await createClient(acme, { clientId: `${clientId}-leaked`, scopes: ALL });
    await postForm(acme, '/connect/leaked', { body: { token: secret } });
    await acme.api.updateClient(clientId, { scopes: [] });
  }
  const before = await database.read((manager) => requireClient(manager, context, 'admin'));
  const take = (atOnce: number) =>
    new ClientHolders(database, atOnce)
      .keep(person, (requireOthers) => database.read((manager) => requireOthers(manager, lossOf(before, null))))
      .then(
        () => 'taken',
        (error: AppError) => error.code,
      );
  const takeInAll = () => Promise.all([1, 2, 3, 10, 11, 12].map(take));
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
