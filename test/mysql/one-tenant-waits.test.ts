import { createClient, createTenant, startApp, type TestApp } from '../support/app.js';

let app: TestApp;

beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

it('changes of one tenant that wait for one another keep no connection from those of others, and raise no alarm', async () => {
  const [held, other] = [await createTenant(app, 'held'), await createTenant(app, 'other')];
  for (const tenant of [held, other]) await createClient(tenant, { clientId: 'a' });
  const update = 'mutation { updateClient(clientId: "a", input: { enabled: true }) { version } }';
  const { promise: end, resolve: release } = Promise.withResolvers<void>();
  const isLocked = Promise.withResolvers<void>();
  const holding = app.installation.database.write(async (manager) => {
    await manager.query("UPDATE tenants SET name = 'Held' WHERE host LIKE 'held%'");
    isLocked.resolve();
    await end;
  });
  await isLocked.promise;
  const crowd = Array.from({ length: 40 }, () => held.administer(update));
  for (let change = 0; change < 5; change += 1) expect((await other.administer(update)).body.errors).toBeUndefined();
  release();
  await holding;
  for (const { status } of await Promise.all(crowd)) expect(status).toBe(200);
  expect(app.logLines.filter((line) => line.includes('does not serve'))).toEqual([]);
});
