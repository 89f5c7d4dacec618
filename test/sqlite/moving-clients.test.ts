import type { EntityManager } from 'typeorm';
import { ClientOrderField, OrderDirection } from '../../src/clients/list/client-filter.input.js';
import { ClientListService } from '../../src/clients/list/client-list.service.js';
import type { TenantContext } from '../../src/tenants/caller.js';
import { createClient, startApp, type TestApp } from '../../testbed/app.js';

const CLIENTS = 30;

let app: TestApp;
let context: TenantContext;

beforeAll(async () => {
  app = await startApp();
  for (let number = 0; number < CLIENTS; number += 1) await createClient(app, { clientId: `moving-${number}` });
  context = (await app.installation.directory.find(new URL(app.url).host)) as TenantContext;
});
afterAll(() => app.stop());

const LIMITS = { firstLook: 0, few: 0, secondLook: 0, lookedAtOnce: 3, many: 0, inIndex: 3, inRows: 3, byId: 3, ending: 3 };

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

describe('a page that is read in parts, while something happens after the first of them,', () => {
  const limits = { ...LIMITS, inIndex: 20, inRows: 20, byId: 20, ending: 20 };
  const request = {
    filter: { enabled: true },
    search: 'moving',
    orderBy: { field: ClientOrderField.LAST_USED_AT, direction: OrderDirection.ASC },
  };
  const idsOf = ({ nodes }: { nodes: { clientId: string }[] }) => nodes.map(({ clientId }) => clientId);
  let order: string[];

  beforeEach(async () => {
    const { database } = app.installation;
    await database.write((manager) => manager.query("UPDATE clients SET last_used_at = NULL WHERE client_id LIKE 'moving-%'"));
    order = idsOf(await new ClientListService(database, limits).list(context, { ...request, first: CLIENTS }));
  });

  /** The first five, and all that come after their cursor. */
  async function readBoth(happens: (manager: EntityManager) => Promise<unknown>) {
    const { database } = app.installation;
    let reads = 0;
    const reader = Object.create(database) as typeof database;
    reader.read = (work) =>
      database.read((manager) => {
        const query = async (sql: string, parameters?: unknown[]) => {
          const rows = await manager.query(sql, parameters);
          if (sql.includes('LIMIT -1') && reads++ === 0) await database.write(happens);
          return rows;
        };
        return work(new Proxy(manager, { get: (target, name) => (name === 'query' ? query : Reflect.get(target, name, target)) }));
      });
    const list = new ClientListService(reader, limits);
    const first = await list.list(context, { ...request, first: 5 });
    const next = await list.list(context, { ...request, first: CLIENTS, after: first.pageInfo.endCursor });
    return { first, next };
  }
  const use = (manager: EntityManager, ids: readonly string[]) =>
    manager.query(`UPDATE clients SET last_used_at = '2026-01-01 00:00:00.000' WHERE client_id IN (${ids.map(() => '?')})`, [...ids]);

  it('has all that stay where they are', async () => {
    const used = order.slice(1, 3);
    const { first, next } = await readBoth((manager) => use(manager, used));
    const still = order.filter((clientId) => !used.includes(clientId));
    expect([...idsOf(first), ...idsOf(next)]).toEqual([...still, ...used.toSorted()]);
  });

  it('ends where its last client was, though that is used meanwhile: nothing is left out', async () => {
    const { first, next } = await readBoth((manager) => use(manager, order));
    expect(first.pageInfo.hasNextPage).toBe(true);
    expect(new Set([...idsOf(first), ...idsOf(next)])).toEqual(new Set(order));
  });

  it('is as long as it was, and more follow, when some of its clients are deleted meanwhile', async () => {
    const gone = order.slice(1, 4);
    const { first, next } = await readBoth((manager) =>
      manager.query(`DELETE FROM clients WHERE client_id IN (${gone.map(() => '?')})`, gone),
    );
    expect([first.nodes.length, first.pageInfo.hasNextPage]).toEqual([5, true]);
    expect([...idsOf(first), ...idsOf(next)]).toEqual(order.filter((clientId) => !gone.includes(clientId)));
  });
});
