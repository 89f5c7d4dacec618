import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ENCRYPTION_KEY, startApp, type TestApp } from '../support/app.js';
import { MysqlProxy } from '../support/mysql-proxy.js';
import { startProcess, type TestProcess } from '../support/process.js';

const folder = mkdtempSync(join(tmpdir(), 'latchkey-silent-'));
const file = join(folder, 'good');
let app: TestApp;
const opened: MysqlProxy[] = [];
const started: TestProcess[] = [];

beforeAll(async () => {
  app = await startApp();
  const made = await startProcess(app.database, { ENCRYPTION_KEY }, 'backup.js', file);
  expect(await made.exit).toBe(0);
});
afterAll(async () => {
  for (const process of started) await process.stop('SIGKILL');
  for (const proxy of opened) proxy.close();
  await app.stop();
  rmSync(folder, { recursive: true });
});

/** Runs a command over a connection that swallows a statement. @returns once that has happened */
async function swallow(words: string, ...command: string[]): Promise<TestProcess> {
  const url = new URL(app.database.url);
  const proxy = await new MysqlProxy(Number(url.port)).open();
  opened.push(proxy);
  url.port = String(proxy.port);
  const swallowed = proxy.swallowNext(words);
  const [program = '', ...args] = command;
  const process = await startProcess({ ...app.database, url: url.href }, { ENCRYPTION_KEY }, `${program}.js`, ...args);
  started.push(process);
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
