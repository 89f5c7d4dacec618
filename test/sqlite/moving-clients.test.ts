import { ClientOrderField, OrderDirection } from '../../src/clients/client.input.js';
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

const LIMITS = { firstLook: 0, few: 0, secondLook: 0, many: 0, inIndex: 3, inRows: 3 };

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
  const list = new ClientListService(app.installation.database, LIMITS);
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

it('clients that stay where they are stand in a page by last use, though others left their part while it was read', async () => {
  const { database } = app.installation;
  await database.write((manager) => manager.query("UPDATE clients SET last_used_at = NULL WHERE client_id LIKE 'moving-%'"));
  const limits = { ...LIMITS, inIndex: 20, inRows: 20 };
  const request = {
    filter: { enabled: true },
    search: 'moving',
    orderBy: { field: ClientOrderField.LAST_USED_AT, direction: OrderDirection.ASC },
  };
  const before = await new ClientListService(database, limits).list(context, { ...request, first: CLIENTS });
  const order = before.nodes.map(({ clientId }) => clientId);
  // After the first part was read two of it are used.
  const used = order.slice(1, 3);
  let reads = 0;
  const reader = Object.create(database) as typeof database;
  reader.read = (work) =>
    database.read((manager) => {
      const query = async (sql: string, parameters?: unknown[]) => {
        const rows = await manager.query(sql, parameters);
        if (sql.includes('LIMIT -1') && reads++ === 0)
          await database.write((writer) =>
            writer.query("UPDATE clients SET last_used_at = '2026-01-01 00:00:00.000' WHERE client_id IN (?, ?)", used),
          );
        return rows;
      };
      return work(new Proxy(manager, { get: (target, name) => (name === 'query' ? query : Reflect.get(target, name, target)) }));
    });
  const list = new ClientListService(reader, limits);
  const first = await list.list(context, { ...request, first: 5 });
  const next = await list.list(context, { ...request, first: CLIENTS, after: first.pageInfo.endCursor });
  const still = order.filter((clientId) => !used.includes(clientId));
  expect(reads).toBeGreaterThan(2);
  expect([...first.nodes, ...next.nodes].map(({ clientId }) => clientId)).toEqual([...still, ...used.toSorted()]);
});
