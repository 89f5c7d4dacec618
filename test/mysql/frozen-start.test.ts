import { createTestDatabase, type TestDatabase } from '../../testbed/database.js';
import { startProcess, type TestProcess, until } from '../../testbed/process.js';

let database: TestDatabase;
const running: TestProcess[] = [];

beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  await Promise.all(running.map((server) => server.stop('SIGKILL')));
  await database.remove();
});

async function start(): Promise<TestProcess> {
  const server = await startProcess(database);
  running.push(server);
  return server;
}

const migrations = () => database.query('SELECT name FROM migrations ORDER BY id').catch(() => []);

it('a server that was stopped while it migrated, for longer than its lock lasts, changes nothing more when it goes on', async () => {
  const frozen = await start();
  await until(async () => (await migrations()).length > 0, frozen.output);
  frozen.child.kill('SIGSTOP');
  const [lease] = await database.query('SELECT holder FROM leases');
  expect(lease?.holder).not.toBeNull();
  const next = await start();
  await next.ready();
  const done = await migrations();
  frozen.child.kill('SIGCONT');
  await frozen.ready();
  expect(frozen.output()).toContain('"code":"LOCK_LOST"');
  expect(await migrations()).toEqual(done);
  expect(new Set(done.map(({ name }) => name)).size).toBe(done.length);
  expect(await database.query('SELECT id FROM signing_keys')).toHaveLength(2);
});
