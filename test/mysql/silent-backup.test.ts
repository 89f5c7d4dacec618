import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { ENCRYPTION_KEY, startApp, type TestApp } from '../../testbed/app.js';
import { createTestDatabase, type TestDatabase } from '../../testbed/database.js';
import { MysqlProxy } from '../../testbed/mysql-proxy.js';
import { startProcess, type TestProcess } from '../../testbed/process.js';

const folder = mkdtempSync(join(tmpdir(), 'latchkey-silent-'));
const file = join(folder, 'good');
let app: TestApp;
const opened: MysqlProxy[] = [];
const started: TestProcess[] = [];

beforeAll(async () => {
  app = await startApp();
  const made = await startProcess(app.database, { ENCRYPTION_KEY }, 'backup', file);
  expect(await made.exit).toBe(0);
});
afterAll(async () => {
  for (const process of started) await process.stop('SIGKILL');
  for (const proxy of opened) proxy.close();
  await app.stop();
  rmSync(folder, { recursive: true });
});

async function openProxy(url: URL): Promise<MysqlProxy> {
  const proxy = await new MysqlProxy(Number(url.port)).open();
  opened.push(proxy);
  url.port = String(proxy.port);
  return proxy;
}

async function run(url: string, program: string, ...args: string[]): Promise<TestProcess> {
  const process = await startProcess({ ...app.database, url }, { ENCRYPTION_KEY }, program, ...args);
  started.push(process);
  return process;
}

/** Runs a command over a connection that swallows a statement. @returns once that has happened */
async function swallow(words: string, program: string, ...args: string[]): Promise<TestProcess> {
  const url = new URL(app.database.url);
  const swallowed = (await openProxy(url)).swallowNext(words);
  const process = await run(url.href, program, ...args);
  await swallowed;
  return process;
}

it.each(['START TRANSACTION', 'FROM `client_secrets`'])('a backup that is ended while nothing answers %s ends', async (words) => {
  const path = join(folder, `ended-${words.length}`);
  const backup = await swallow(words, 'backup', path);
  expect(await backup.stop('SIGINT')).toBe(1);
  expect([backup.output(), existsSync(path)]).toEqual(['The backup was ended before it was done; there is no file.\n', false]);
});

it('commands leave a connection that swallowed what was asked, and say so', async () => {
  const commands = await Promise.all([
    swallow('START TRANSACTION', 'backup', join(folder, 'one')),
    swallow('FROM `client_secrets`', 'backup', join(folder, 'two')),
    swallow('information_schema.tables', 'restore', file, '--replace'),
  ]);
  expect(await Promise.all(commands.map(({ exit }) => exit))).toEqual([1, 1, 1]);
  for (const { output } of commands) expect(output()).toBe('The database cannot be used: the server in DATABASE_URL fell silent.\n');
  expect([existsSync(join(folder, 'one')), existsSync(join(folder, 'two'))]).toEqual([false, false]);
});

describe('a restore whose connection is lost while it puts the backup in place', () => {
  let database: TestDatabase;
  const others = async () => {
    const rows = await database.query(`SHOW DATABASES LIKE '${new URL(database.url).pathname.slice(1)}\\_%'`);
    return rows.flatMap((row) => Object.values(row) as string[]);
  };

  beforeEach(async () => {
    database = await createTestDatabase();
    expect(await (await run(database.url, 'restore', file)).exit).toBe(0);
    await database.query("UPDATE tenants SET name = 'Before'");
  });
  afterEach(async () => {
    for (const name of await others()) await database.query(`DROP DATABASE ${name}`);
    await database.remove();
  });
  /** Replaces the database over a connection to which something happens. @returns once that has */
  const replace = async (happens: (proxy: MysqlProxy) => Promise<unknown>) => {
    const url = new URL(database.url);
    const proxy = await openProxy(url);
    const happened = happens(proxy);
    const restore = await run(url.href, 'restore', file, '--replace');
    await happened;
    return { proxy, restore };
  };
  const nameNow = async () => (await database.query('SELECT name FROM tenants'))[0]?.name;

  it('says what is there when it was', async () => {
    const { proxy, restore } = await replace((to) => to.holdNextAnswer('RENAME TABLE'));
    proxy.cut();
    expect([await restore.exit, await nameNow()]).toEqual([0, 'Home']);
    const kept = await others();
    expect(kept).toEqual([expect.stringContaining('_replaced_')]);
    expect(restore.output()).toContain(`What was there before is in ${kept[0]} now`);
  });

  it('says that nothing was changed when it was not', async () => {
    const { proxy, restore } = await replace((to) => to.swallowNext('RENAME TABLE'));
    proxy.cut();
    expect([await restore.exit, await nameNow(), await others()]).toEqual([1, 'Before', []]);
    expect(restore.output()).toBe(
      'The connection to the database was lost before the backup was put in place. Nothing was changed: run it again.\n',
    );
  });

  it.each([0, 10, 15, 20, 25, 30, 50, 200])('loses nothing when what was asked arrives %i ms later', async (ms) => {
    const { restore } = await replace((to) => to.delayNext('RENAME TABLE', ms));
    const code = await restore.exit;
    const kept = await others();
    expect([code, await nameNow(), kept.length]).toEqual(code === 0 ? [0, 'Home', 1] : [1, 'Before', 0]);
    if (kept.length > 0) expect((await database.query(`SELECT name FROM ${kept[0]}.tenants`))[0]?.name).toBe('Before');
  });

  it('is told from one whose tables somebody else reads', async () => {
    const reader = await createConnection(database.url);
    await reader.query('START TRANSACTION');
    await reader.query('SELECT COUNT(*) FROM clients');
    await reader.query('USE information_schema');
    const restore = await run(database.url, 'restore', file, '--replace');
    expect([await restore.exit, await others()]).toEqual([1, []]);
    await reader.end();
    expect(restore.output()).toBe('The database cannot be used: somebody holds a lock on what is needed of it.\n');
  });

  it('says where to look when nobody can tell', async () => {
    const { proxy, restore } = await replace((to) => to.holdNextAnswer('RENAME TABLE'));
    proxy.refuseNew('end');
    proxy.cut();
    expect(await restore.exit).toBe(1);
    const [kept] = (await others()).filter((name) => name.includes('_replaced_'));
    expect(restore.output()).toContain(`nobody can say now whether it was: it was when ${kept} has tables`);
    expect(await nameNow()).toBe('Home');
  });
});
