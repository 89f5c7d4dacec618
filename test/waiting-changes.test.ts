import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { TenantLines } from '../src/changes/tenant-lines.service.js';
import { createClient, createTenant, startApp, type TestApp, type TestTenant } from '../testbed/app.js';
import { kind } from '../testbed/database.js';

const UPDATE = 'mutation { updateClient(clientId: "a", input: { enabled: true }) { version } }';
const CROWD = 40;

let app: TestApp;
let held: TestTenant;
let other: TestTenant;

beforeAll(async () => {
  app = await startApp();
  [held, other] = [await createTenant(app, 'held'), await createTenant(app, 'other')];
  for (const tenant of [held, other]) await createClient(tenant, { clientId: 'a' });
});
afterAll(() => app.stop());

/** Keeps everybody from changing the first tenant until it is released. */
async function hold(): Promise<() => Promise<void>> {
  const [locked, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const holding = app.installation.database.write(async (manager) => {
    await manager.query("UPDATE tenants SET name = 'Held' WHERE host LIKE 'held%'");
    locked.resolve();
    await released.promise;
  });
  await locked.promise;
  return () => {
    released.resolve();
    return holding;
  };
}

const REVOKE = 'mutation { revokeClientTokens(clientId: "a") { lastTokenExpiresAt } }';
/** Refused, after it has waited like any that ends access. */
const END_NOTHING = 'mutation { deleteClient(clientId: "nobody") { clientId } }';

/** Counts those who have come to a line. */
function watchLines(): { are(count: number): Promise<void> } {
  const come = jest.spyOn(TenantLines.prototype, 'run');
  const before = come.mock.calls.length;
  return {
    async are(count) {
      while (come.mock.calls.length - before < count) await sleep(5);
    },
  };
}

it.each([
  ['what ends access', 'other changes', REVOKE, UPDATE],
  ['what changes something', 'those that end access', UPDATE, END_NOTHING],
])('%s goes on whatever crowd waits: %s', async (_, __, mutation, ofCrowd) => {
  const release = await hold();
  const inLine = watchLines();
  let answered = 0;
  const crowd = Array.from({ length: CROWD }, () => held.administer(ofCrowd).then(() => (answered += 1)));
  await inLine.are(CROWD);
  const one = held.administer(mutation).then(({ body }) => ({ body, answered }));
  await inLine.are(CROWD + 1);
  await release();
  const { body, answered: before } = await one;
  expect(body.errors).toBeUndefined();
  expect(before).toBeLessThan(CROWD / 2);
  await Promise.all(crowd);
});

// SQLite has one place to write for all.
(kind === 'mysql' ? it : it.skip)('those of one tenant keep no connection from those of others, and raise no alarm', async () => {
  const release = await hold();
  const crowd = Array.from({ length: CROWD }, () => held.administer(UPDATE));
  for (let change = 0; change < 5; change += 1) expect((await other.administer(UPDATE)).body.errors).toBeUndefined();
  await release();
  for (const { status } of await Promise.all(crowd)) expect(status).toBe(200);
  expect(app.logLines.filter((line) => line.includes('does not serve'))).toEqual([]);
});

it('a change that waits for others is refused in time, whoever may wait longer', async () => {
  const release = await hold();
  const { status, body } = await held.administer(UPDATE);
  expect([status, body.errors?.[0]?.extensions.code]).toEqual([503, 'DATABASE_UNAVAILABLE']);
  await release();
});
