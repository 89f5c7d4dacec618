import mysql from 'mysql2/promise';
import { waitAs, withDeadline } from '../../src/platform/deadline.js';
import { createClient, createTenant, getToken, requestToken, startApp, type TestApp, type TestTenant } from '../../testbed/app.js';
import { until } from '../../testbed/process.js';

const TENANTS = 4;
const EACH = 8;
/** Half of a pool of ten. */
const MOST_ASKING = 5;
const PROPER = '{ a: auditEvents { nodes { id } } b: auditEvents { nodes { id } } c: auditEvents { nodes { id } } }';
/** GraphQL answers as soon as the last one fails, and lets the others go on. */
const FAILING = '{ a: auditEvents { nodes { id } } b: auditEvents { nodes { id } } c: clients(after: "none") { totalCount } }';

let app: TestApp;
let tenants: TestTenant[];
let locker: mysql.Connection;

beforeAll(async () => {
  app = await startApp();
  tenants = await Promise.all(Array.from({ length: TENANTS }, (_, index) => createTenant(app, `asking-${index}`)));
  for (const { administer } of tenants) await administer('{ viewer { scopes } }');
  locker = await mysql.createConnection(app.database.url);
});
afterAll(async () => {
  await locker?.end();
  await app?.stop();
});

const waiting = async () =>
  (
    await app.database.query(
      "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE '%audit_events%' AND state LIKE 'Waiting%'",
    )
  ).length;

it.each([
  ['proper questions of several tenants', PROPER],
  ['questions that are answered while parts of them go on', FAILING],
])('%s that the database takes long for leave room for those who want a token', async (_, query) => {
  await locker.query('LOCK TABLES audit_events WRITE');
  const asked = tenants.flatMap(({ administer }) => Array.from({ length: EACH }, () => administer(query)));
  try {
    await until(async () => (await waiting()) >= MOST_ASKING - 1);
    const { status } = await requestToken(app, app.admin);
    expect(status).toBe(200);
    expect(await waiting()).toBeLessThanOrEqual(MOST_ASKING);
  } finally {
    await locker.query('UNLOCK TABLES');
    await Promise.allSettled(asked);
  }
  await createClient(app, { clientId: `after-${query.length}` });
  expect(await getToken(app, app.admin)).not.toBe('');
});

it('what the database looks for too long ends there as well', async () => {
  const { database } = app.installation;
  const look = () => database.read((manager) => manager.query('SELECT SLEEP(60) AS slept'));
  const end = await withDeadline(() => {
    waitAs({ isAsking: true });
    return look().catch((error: Error) => error.name);
  });
  expect(end).not.toEqual([{ slept: 0 }]);
  expect(
    await app.database.query("SELECT id FROM information_schema.processlist WHERE info LIKE '%SLEEP(60)%' AND id <> CONNECTION_ID()"),
  ).toEqual([]);
});

it('who asks what is found at once, or changes something, does not wait for what is looked for long', async () => {
  const { database } = app.installation;
  const read = (crowd: string, isLong: boolean, sql: string) =>
    withDeadline(() => {
      waitAs({ crowd, isAsking: true });
      return database.read((manager) => manager.query(sql), { isLong });
    });
  let isOver = false;
  const long = Array.from({ length: 12 }, (_, index) => read(`long ${index}`, true, 'SELECT SLEEP(4) AS slept'));
  const end = Promise.any(long).then(() => {
    isOver = true;
  });
  expect(await read('short', false, 'SELECT 1 AS one')).toMatchObject([{ one: 1 }]);
  expect(await database.write((manager) => manager.query('SELECT 1 AS one'))).toMatchObject([{ one: 1 }]);
  expect((await requestToken(app, app.admin)).status).toBe(200);
  expect(isOver).toBe(false);
  await Promise.allSettled([end, ...long]);
});

it('uses the index that is named, though going through the whole table would be taken for cheaper', async () => {
  const { database } = app.installation;
  const explain = (hint: string) =>
    database.read<{ key: string | null }[]>((manager) =>
      manager.query(`EXPLAIN SELECT id, name FROM clients${hint} WHERE tenant_id > ?`, ['0']),
    );
  expect((await explain(''))[0]?.key).toBeNull();
  expect((await explain(' USE INDEX (clients_by_use)'))[0]?.key).toBe('clients_by_use');
});
