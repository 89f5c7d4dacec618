import { ClientListService } from '../../src/clients/list/client-list.service.js';
import type { TenantContext } from '../../src/tenants/caller.js';
import { createClient, startApp, type TestApp } from '../support/app.js';

const CLIENTS = 30;

let app: TestApp;
let context: TenantContext;

beforeAll(async () => {
  app = await startApp();
  for (let number = 0; number < CLIENTS; number += 1) await createClient(app, { clientId: `moving-${number}` });
  context = (await app.installation.directory.find(new URL(app.url).host)) as TenantContext;
});
afterAll(() => app.stop());

/** Uses one client after the other, as often as others are let in between. */
async function whileUsed(work: () => Promise<void>): Promise<void> {
  let isDone = false;
  const use = (async () => {
    for (let second = 0; !isDone; second += 1) {
      const at = new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString().replace('T', ' ').slice(0, -1);
      const one = `moving-${second % CLIENTS}`;
      await app.installation.database.write((manager) =>
        manager.query('UPDATE clients SET last_used_at = ? WHERE client_id = ?', [at, one]),
      );
    }
  })();
  await work().finally(() => {
    isDone = true;
  });
  await use;
}

it('each client stands once in a list, and counts once, though it is used while the list is read', async () => {
  const limits = { firstLook: 0, few: 0, secondLook: 0, many: 0, inIndex: 3, inRows: 3 };
  const list = new ClientListService(app.installation.database, limits);
  const match = { filter: { enabled: true }, search: 'moving' };
  await whileUsed(async () => {
    for (let round = 0; round < 20; round += 1) {
      const { nodes } = await list.list({ ...context }, { ...match, first: 100 });
      expect(nodes.map(({ clientId }) => clientId).toSorted()).toEqual(
        Array.from({ length: CLIENTS }, (_, number) => `moving-${number}`).toSorted(),
      );
      expect(await list.count(context, match)).toBe(CLIENTS);
    }
  });
});
