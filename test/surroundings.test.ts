import { execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ENCRYPTION_KEY, getToken, requestToken } from '../testbed/app.js';
import { createTestDatabase, kind, type TestDatabase } from '../testbed/database.js';
import { freePort } from '../testbed/free-port.js';
import { answers, startProcess, type TestProcess, until } from '../testbed/process.js';

const SECRET = 'a-secret-that-the-administrator-chose';
const itOnSqlite = kind === 'sqlite' ? it : () => undefined;
const running: TestProcess[] = [];

let database: TestDatabase;

beforeEach(async () => {
  database = await createTestDatabase();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((process) => process.stop('SIGKILL')));
  await database.remove();
});

async function run(script: string, args: string[] = [], settings: Record<string, string | undefined> = {}) {
  const process = await startProcess(database, settings, script, ...args);
  running.push(process);
  return { code: await process.exit, output: process.output() };
}

async function firstStart(): Promise<void> {
  const server = await startProcess(database, { ADMIN_CLIENT_SECRET: SECRET });
  running.push(server);
  await server.ready();
  await server.stop();
}

/** Starts a program whose stdout takes nothing: each write to it fails as on a full disk. */
async function startFull(script: string, args: string[] = [], settings: Record<string, string> = {}) {
  const [full, port] = [openSync('/dev/full', 'w'), await freePort()];
  const child = spawn(process.execPath, [resolve('dist/src/main.js'), script, ...args], {
    cwd: database.folder,
    env: { PATH: process.env.PATH, PORT: String(port), DATABASE_URL: database.url, ENCRYPTION_KEY, ...settings },
    stdio: ['ignore', full, 'pipe'],
  });
  closeSync(full);
  let told = '';
  child.stderr?.on('data', (data) => (told += data));
  const exit = new Promise<number | null>((done) => child.once('close', done));
  return { child, exit, url: `http://localhost:${port}`, told: () => told };
}

describe('a disk that is full where stdout goes', () => {
  it.each(['1', '2'])('keeps no server from starting, serving and stopping, with %s processes', async (workers) => {
    const { child, exit, url, told } = await startFull('start', [], { ADMIN_CLIENT_SECRET: SECRET, WORKERS: workers });
    await until(() => answers(`${url}/health/ready`, 200), told);
    for (let time = 0; time < 30; time += 1) expect((await requestToken({ url }, { clientId: 'admin', secret: SECRET })).status).toBe(200);
    child.kill('SIGTERM');
    expect(await exit).toBe(0);
    expect(new Set(told().trim().split('\n'))).toEqual(
      new Set(['The log cannot be written (ENOSPC): lines are left out until it can be again.']),
    );
  });

  it.each([
    ['admin:reset', []],
    ['audit:verify', []],
    ['migrate', []],
    ['backup', ['night.backup']],
  ])('is told by %s in a sentence', async (script, args) => {
    await firstStart();
    const { exit, told } = await startFull(script, args);
    expect([await exit, told()]).toEqual([1, 'What there was to say could not be written (ENOSPC). What was done holds.\n']);
  });
});

describe('arguments of commands', () => {
  it.each([
    ['admin:reset', ['']],
    ['admin:reset', [' ']],
    ['admin:reset', ['localhost:4000', 'more']],
    ['admin:reset', ['--help']],
    ['audit:verify', ['more']],
    ['audit:verify', ['--help']],
    ['migrate', ['--help']],
    ['encryption-key:change', ['']],
    ['backup', []],
    ['backup', ['']],
    ['backup', ['--help']],
    ['backup', ['one', 'two']],
    ['restore', []],
    ['restore', ['']],
    ['restore', ['file', '--replace=no']],
    ['restore', ['file', '--force']],
  ])('%s %j is told what it takes, and nothing is done', async (script, args) => {
    const { code, output } = await run(script, args);
    expect([code, output]).toEqual([1, expect.stringMatching(/^[^\n]+: npm run [^\n]+\. Nothing was changed\.\n$/)]);
    expect(kind === 'sqlite' ? readdirSync(database.folder) : await database.tables()).toEqual([]);
  });
});

describe('a key that is no file', () => {
  const pipe = () => {
    const path = join(database.folder, 'pipe');
    execFileSync('mkfifo', [path]);
    return path;
  };

  it.each([
    ['a pipe over which nothing comes', pipe, 'it is no file'],
    ['a device that never ends', () => '/dev/zero', 'it is no file'],
    ['a folder', () => database.folder, 'it is no file'],
    ['a file of gigabytes', () => sparse(), 'it is over a megabyte'],
  ])('is told of in a sentence: %s', async (_what, make, reason) => {
    const { code, output } = await run('start', [], { ENCRYPTION_KEY: undefined, ENCRYPTION_KEY_FILE: make() });
    expect([code, output]).toEqual([1, expect.stringContaining(`ENCRYPTION_KEY_FILE names a file that cannot be read (${reason}).`)]);
  });

  const sparse = () => {
    const path = join(database.folder, 'large');
    execFileSync('truncate', ['-s', '3G', path]);
    return path;
  };

  itOnSqlite('is told of where it stands beside the database', async () => {
    await firstStart();
    const path = `${database.url.slice('sqlite:'.length)}.key`;
    rmSync(path, { force: true });
    execFileSync('mkfifo', [path]);
    const { code, output } = await run('start', [], { ENCRYPTION_KEY: undefined });
    expect([code, output]).toEqual([1, expect.stringContaining(`${path} cannot be read (it is no file).`)]);
  });
});

itOnSqlite('of several first starts in one folder each goes on with the same key, and no draft is left', async () => {
  const servers = [];
  for (let index = 0; index < 3; index += 1)
    servers.push(await startProcess(database, { ENCRYPTION_KEY: undefined, ADMIN_CLIENT_SECRET: SECRET }));
  running.push(...servers);
  for (const server of servers) await server.ready();
  for (const server of servers) await getToken(server, { clientId: 'admin', secret: SECRET });
  const folder = join(database.url.slice('sqlite:'.length), '..');
  expect(readdirSync(folder).filter((name) => name.includes('.key'))).toEqual(['latchkey.db.key']);
});

itOnSqlite('a URL of SQLite itself is not taken for a path', async () => {
  const { code, output } = await run('start', [], { DATABASE_URL: `sqlite:file:${join(database.folder, 'x.db')}?mode=memory` });
  expect([code, output]).toEqual([1, expect.stringContaining('DATABASE_URL must look like sqlite:path/to/file.db')]);
});

itOnSqlite('a name that is nearly too long is restored to, and one that is too long is told of', async () => {
  await firstStart();
  expect((await run('backup', ['night.backup'])).code).toBe(0);
  const restoreTo = (length: number) =>
    run('restore', ['night.backup'], { DATABASE_URL: `sqlite:${join(database.folder, 'x'.repeat(length))}` });
  expect((await restoreTo(220)).code).toBe(0);
  const { code, output } = await restoreTo(250);
  expect([code, output]).toEqual([
    1,
    expect.stringMatching(/^The restore failed: the system says ENAMETOOLONG \(.*\)\. Nothing was changed\.\n$/),
  ]);
});

it('a draft that another process with the same number has left keeps nobody from making a backup, and stays', async () => {
  await firstStart();
  const left = join(database.folder, 'night.backup.draft-1');
  writeFileSync(left, 'x');
  expect((await run('backup', ['night.backup'])).code).toBe(0);
  expect(readdirSync(database.folder)).toEqual(expect.arrayContaining(['night.backup', 'night.backup.draft-1']));
});
