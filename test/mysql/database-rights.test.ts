import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { administered, createClient, getToken } from '../../testbed/app.js';
import { createTestDatabase, TABLES, type TestDatabase } from '../../testbed/database.js';
import { startProcess, type TestProcess, until } from '../../testbed/process.js';

const PASSWORD = 'hidden%25p4ss';
let database: TestDatabase;
let user: string;
let running: TestProcess | undefined;

beforeEach(async () => {
  database = await createTestDatabase();
  user = `u${randomBytes(6).toString('hex')}`;
  await database.query(`CREATE USER ${user}@'%' IDENTIFIED BY 'hidden%p4ss'`);
});
afterEach(async () => {
  await running?.stop('SIGKILL');
  await database.query(`DROP USER ${user}@'%'`);
  await database.remove();
});

const RIGHTS = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];
const grant = (...rights: string[]) => database.query(`GRANT ${rights.join(', ')} ON ${nameOf(database)}.* TO ${user}@'%'`);
const revoke = (right: string) => database.query(`REVOKE ${right} ON ${nameOf(database)}.* FROM ${user}@'%'`);
const nameOf = ({ url }: TestDatabase) => new URL(url).pathname.slice(1);
/** The database, as the user of the test reaches it. */
const asUser = () => database.url.replace(/\/\/[^@]+@/, `//${user}:${PASSWORD}@`);

async function start(settings: Record<string, string | undefined> = {}): Promise<TestProcess> {
  running = await startProcess(database, { DATABASE_URL: asUser(), ...settings });
  await running.ready();
  return running;
}

/** What a program that fails tells, which is one sentence or two in one line. */
async function failure(settings: Record<string, string | undefined> = {}, script = 'start'): Promise<string> {
  const { exit, output } = await startProcess(database, { DATABASE_URL: asUser(), LOG_LEVEL: 'fatal', ...settings }, script);
  expect(await exit).toBe(1);
  expect(output()).toMatch(/^[^\n]+\.\n$/);
  expect(output()).not.toContain('p4ss');
  return output();
}

async function migrate(): Promise<string> {
  const { exit, output } = await startProcess(database, { ENCRYPTION_KEY: undefined }, 'migrate');
  expect(await exit).toBe(0);
  return output();
}

async function work(server: TestProcess): Promise<ReturnType<typeof administered>> {
  const home = administered(server.url, { clientId: 'admin', secret: server.printedSecret() as string });
  await getToken(server, await createClient(home, { clientId: 'works' }));
  return home;
}

it('runs a database that is up to date as a user who may read and write rows alone, and no more', async () => {
  await grant(...RIGHTS);
  expect(await migrate()).toMatch(/^The database is up to date\. These migrations were run: Initial\d+, .*\.\n$/);
  expect(await migrate()).toBe('The database was up to date already. Nothing was changed.\n');
  const server = await start();
  const home = await work(server);
  expect((await home.administer('mutation { deleteClient(clientId: "works") { clientId } }')).status).toBe(200);
});

it('migrates with MIGRATION_DATABASE_URL and no other setting', async () => {
  const settings = { DATABASE_URL: undefined, ENCRYPTION_KEY: undefined, MIGRATION_DATABASE_URL: database.url };
  const { exit, output } = await startProcess(database, settings, 'migrate');
  expect(await exit).toBe(0);
  expect(output()).toMatch(/^The database is up to date\. These migrations were run: Initial\d+, /);
});

it('migrates as the user of MIGRATION_DATABASE_URL, and serves as the other', async () => {
  await grant(...RIGHTS);
  const server = await start({ MIGRATION_DATABASE_URL: database.url });
  await work(server);
  const users = await database.query(
    'SELECT DISTINCT user FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()',
  );
  expect(users).toEqual([{ user }]);
});

it('uses a right that is given back to its user, in place of connections that were opened without it', async () => {
  await grant(...RIGHTS);
  await migrate();
  const server = await start({ DATABASE_POOL_SIZE: '2' });
  const home = await work(server);
  const change = async () => {
    const { status, body } = await home.administer('mutation { updateClient(clientId: "works", input: {}) { version } }');
    return [status, body.errors?.[0].extensions.code];
  };
  for (const right of ['UPDATE', 'INSERT']) {
    await revoke(right);
    const opened = await database.query(`SELECT id FROM information_schema.processlist WHERE user = '${user}'`);
    for (const { id } of opened as { id: number }[]) await database.query(`KILL ${id}`);
    for (let time = 0; time < 6; time += 1) expect(await change()).toEqual([503, 'DATABASE_UNAVAILABLE']);
    await grant(right);
    // By then every connection that was opened without it is one that is not trusted.
    await sleep(1_100);
    for (let time = 0; time < 6; time += 1) expect(await change()).toEqual([200, undefined]);
  }
});

it('says in a sentence which right lacks, at the start', async () => {
  await grant(...RIGHTS);
  expect(await failure()).toMatch(
    /^The database cannot be used: the user in DATABASE_URL has not the right that it takes \(CREATE on leases\)\.\n$/,
  );
  expect(await failure({ MIGRATION_DATABASE_URL: asUser() })).toMatch(/CREATE/);
  await migrate();
  for (const right of ['SELECT', 'INSERT', 'UPDATE']) {
    await revoke(right);
    expect(await failure()).toMatch(
      new RegExp(`^The database cannot be used: the user in DATABASE_URL has not the right that it takes \\(${right}`),
    );
    await grant(right);
  }
});

it('ends, whichever program it is, when the server lets the user in and refuses whatever is asked', async () => {
  await grant('ALL');
  await migrate();
  for (const [state, reason] of [
    ['PASSWORD EXPIRE', 'the password of the user in DATABASE_URL has expired'],
    ['ACCOUNT LOCK', 'the user in DATABASE_URL is locked'],
  ] as const) {
    await database.query(`ALTER USER ${user}@'%' ${state}`);
    for (const script of ['start', 'admin:reset', 'audit:verify', 'migrate']) {
      expect([script, await failure({}, script)]).toEqual([script, `The database cannot be used: ${reason}.\n`]);
    }
  }
});

it('says in the log which right lacks, when it is taken meanwhile', async () => {
  await migrate();
  await grant('SELECT', 'INSERT', 'UPDATE');
  // A right to a table is looked at each time, one to a database when a connection is made.
  for (const table of TABLES) await database.query(`GRANT DELETE ON ${table} TO ${user}@'%'`);
  const server = await start();
  const home = await work(server);
  await database.query(`REVOKE DELETE ON clients FROM ${user}@'%'`);
  const { body } = await home.administer('mutation { deleteClient(clientId: "works") { clientId } }');
  expect(body.errors[0].extensions.code).toBe('DATABASE_UNAVAILABLE');
  await until(() => server.output().includes('"denied":"DELETE on clients"'), server.output);
  expect(server.output()).not.toContain('    at ');
});

it('tells a wrong password from a user who has no right to the database', async () => {
  expect(await failure()).toMatch(/^The database cannot be used: the user in DATABASE_URL has no right to the database that it names/);
  expect(await failure({ MIGRATION_DATABASE_URL: database.url })).toMatch(/the user in DATABASE_URL has no right/);
  await grant(...RIGHTS);
  const wrong = asUser().replace('p4ss', 'p4sswrong');
  expect(await failure({ DATABASE_URL: wrong })).toMatch(
    /^The database cannot be used: it refuses the user or password in DATABASE_URL\.\n$/,
  );
  expect(await failure({ MIGRATION_DATABASE_URL: wrong })).toMatch(
    /^The database cannot be used: it refuses the user or password in MIGRATION_DATABASE_URL/,
  );
});

it('says in a sentence which migration failed, and why', async () => {
  await migrate();
  await grant(...RIGHTS);
  await database.query("DELETE FROM migrations WHERE name LIKE 'ClientSearch%'");
  await database.query('DROP TABLE client_grams');
  expect(await failure()).toMatch(
    /^The migration ClientSearch\d+ of the database failed: the user in DATABASE_URL has not the right that it takes \([A-Z]+ on /,
  );
  await database.query('RENAME TABLE clients TO elsewhere');
  expect(await failure({ DATABASE_URL: database.url })).toMatch(
    /^The migration ClientSearch\d+ of the database failed: a table is not there, or /,
  );
  expect(await failure({ DATABASE_URL: database.url }, 'migrate')).toMatch(/^The migration ClientSearch\d+ of the database failed/);
});
