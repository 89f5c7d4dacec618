import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createTestDatabase, kind, type TestDatabase } from '../testbed/database.js';
import { startProcess } from '../testbed/process.js';

let database: TestDatabase;

beforeEach(async () => {
  database = await createTestDatabase();
  mkdirSync(join(database.folder, 'data'), { recursive: true });
});
afterEach(() => database.remove());

const ON_SERVER: [string, string][] = [
  ['leases', 'CREATE TABLE leases (id int PRIMARY KEY, unit varchar(20))'],
  ['leases', 'CREATE TABLE leases (name varchar(20) PRIMARY KEY, holder varchar(20))'],
  ['leases', 'CREATE VIEW leases AS SELECT 1 AS name'],
];
/** Its names are the same in any case, and an index has one of them, too. */
const IN_FILE: [string, string][] = [
  ['clients', 'CREATE TABLE Clients (id int PRIMARY KEY)'],
  ['sessions', 'CREATE TABLE "SESSIONS" (id int)'],
  ['migrations', 'CREATE TABLE Migrations (id int PRIMARY KEY, migration text)'],
  ['migrations', 'CREATE VIEW migrations AS SELECT 1 AS id'],
  ['clients', 'CREATE INDEX clients ON orders (id)'],
];

/** As another application has made them. */
const TABLES: [string, string][] = [
  ['tenants', 'CREATE TABLE tenants (id varchar(36) PRIMARY KEY, nm varchar(9))'],
  ['clients', 'CREATE TABLE clients (id int PRIMARY KEY)'],
  ['sessions', 'CREATE TABLE sessions (id int PRIMARY KEY)'],
  ['clients', 'CREATE VIEW clients AS SELECT 1 AS id'],
  ...(kind === 'mysql' ? ON_SERVER : IN_FILE),
  ['migrations', 'CREATE TABLE migrations (id int PRIMARY KEY, migration varchar(255), batch int)'],
];

it.each(TABLES)('a table "%s" that is none of ours is told in a sentence, and nothing is made beside it (%s)', async (name, statement) => {
  if (/^CREATE INDEX/.test(statement)) await database.query('CREATE TABLE orders (id int PRIMARY KEY)');
  await database.query(statement);
  const before = await database.tables();
  const commands = [['start'], ['admin:reset'], ['audit:verify'], ...(kind === 'mysql' ? [['migrate']] : [])];
  for (const [script = ''] of commands) {
    const program = await startProcess(database, { LOG_LEVEL: 'fatal' }, script);
    expect([script, await program.exit]).toEqual([script, 1]);
    expect(program.output()).toBe(
      `The database has a table "${name}" of something else than Latchkey: name a database of its own in DATABASE_URL. Nothing was changed.\n`,
    );
  }
  expect(await database.tables()).toEqual(before);
});

it("what others have there under other names stays, and is in nobody's way", async () => {
  await database.query('CREATE TABLE orders (id int PRIMARY KEY)');
  const server = await startProcess(database);
  await server.ready();
  expect(await server.stop()).toBe(0);
  expect(await database.tables()).toEqual(expect.arrayContaining(['orders', 'clients']));
});
