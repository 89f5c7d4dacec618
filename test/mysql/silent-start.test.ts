import 'reflect-metadata';
import { createDataSource } from '../../src/installation/data-source.js';
import { readDatabases } from '../../src/platform/config.js';
import { withLease } from '../../src/platform/database/lease.js';
import { createLog } from '../../src/platform/log.js';
import { createTestDatabase, type TestDatabase } from '../../testbed/database.js';
import { createMariaDb, type PrivateMariaDb } from '../../testbed/mariadb.js';
import { MysqlProxy } from '../../testbed/mysql-proxy.js';
import { startProcess, type TestProcess, until } from '../../testbed/process.js';

let database: TestDatabase;
let proxy: MysqlProxy | undefined;
let own: PrivateMariaDb | undefined;
let server: TestProcess | undefined;

beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  await server?.stop('SIGKILL');
  proxy?.close();
  await own?.remove();
  await database.remove();
});

it.each(['CREATE TABLE clients', 'SELECT holder FROM leases'])(
  'a connection that swallows %s in the middle of a start is left, and the start goes on over others',
  async (words) => {
    const url = new URL(database.url);
    proxy = await new MysqlProxy(Number(url.port)).open();
    url.port = String(proxy.port);
    const swallowed = proxy.swallowNext(words);
    server = await startProcess({ ...database, url: url.href });
    await swallowed;
    await server.ready();
    expect(server.output()).toContain('"code":"SILENT"');
  },
);

it('what takes long is waited for as long as the server works at it', async () => {
  const source = await createDataSource(readDatabases({ DATABASE_URL: database.url }).database).initialize();
  try {
    const [row] = await withLease(source, { log: createLog('error') }, ({ runner }) => runner.query('SELECT SLEEP(14) AS slept'));
    expect(row.slept).toBe(0);
  } finally {
    await source.destroy();
  }
});

it('a database that stands still in the middle of a migration keeps no server from being ended', async () => {
  own = await createMariaDb();
  await own.administer('CREATE DATABASE still');
  server = await startProcess({ ...database, url: `${own.url}/still` });
  await until(async () => (await own?.administer('SHOW TABLES IN still'))?.length !== 0, server.output);
  process.kill(own.pid, 'SIGSTOP');
  expect(await server.stop()).toBe(0);
  process.kill(own.pid, 'SIGCONT');
});
