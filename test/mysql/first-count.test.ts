import type { EntityManager } from 'typeorm';
import { startApp, type TestApp } from '../../testbed/app.js';

const INDEX = 'clients_by_lifetime';

let app: TestApp;

beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());
beforeEach(() => app.database.query('UPDATE tenants SET client_count = NULL'));

const countNow = async () => Number((await app.database.query('SELECT client_count AS n FROM tenants'))[0]?.n);

it('a count that the database undid with its transaction is not made again outside of it: all is done anew', async () => {
  const { database } = app.installation;
  const { write } = database;
  const asked: string[] = [];
  database.write = (work) => {
    const watched = (manager: EntityManager, ...rest: [never]) => {
      const { query } = manager;
      manager.query = (async (sql: string, parameters: unknown[]) => {
        if (sql.startsWith('SELECT COUNT(*) AS n FROM clients') && asked.push(sql) === 1)
          throw Object.assign(new Error('a deadlock'), { errno: 1213, code: 'ER_LOCK_DEADLOCK' });
        return query.call(manager, sql, parameters);
      }) as typeof manager.query;
      return work(manager, ...rest);
    };
    return write.call(database, watched as never) as never;
  };
  await app.api.createClient({ name: 'A', clientId: 'counted' }).finally(() => {
    database.write = write;
  });
  expect(asked).toHaveLength(2);
  expect(new Set(asked).size).toBe(1);
  expect(await countNow()).toBe(2);
});

it('an index that somebody has taken away keeps nobody from making changes', async () => {
  await app.database.query(`DROP INDEX ${INDEX} ON clients`);
  await app.api.createClient({ name: 'B', clientId: 'without-index' });
  expect(await countNow()).toBe(3);
  await app.database.query(`CREATE INDEX ${INDEX} ON clients (tenant_id, access_token_lifetime)`);
});
