import { execFile } from 'node:child_process';
import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Credentials, requestToken } from '../testbed/app.js';
import { createTestDatabase, type TestDatabase } from '../testbed/database.js';
import { startProcess } from '../testbed/process.js';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..');
const MEGABYTE = 1024 * 1024;

let folder: string;
let database: TestDatabase;

beforeAll(async () => {
  database = await createTestDatabase();
  folder = mkdtempSync(join(tmpdir(), 'latchkey-unpacked-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await database.remove();
});

it('an archive has all that runs, in 140 MB, wherever it is unpacked', async () => {
  const { stdout } = await run('sh', ['-c', 'umask 077; exec "$0" "$@"', process.execPath, join(root, 'scripts/archive.ts'), folder]);
  const file = stdout.trim();
  expect(file).toMatch(/latchkey-\d+\.\d+\.\d+\.tgz$/);
  const listed = (await run('tar', ['-tvzf', file, '--numeric-owner'], { maxBuffer: 64 * MEGABYTE })).stdout.trim().split('\n');
  expect(listed.filter((line) => !/^(drwxr-xr-x|-rw[-x]r-[-x]r-[-x]|l\S+) 0\/0 /.test(line))).toEqual([]);
  await run('tar', ['-xzf', file, '-C', folder]);
  const [release] = readdirSync(folder).filter((name) => !name.endsWith('.tgz'));
  const unpacked = join(folder, release as string);
  const bytes = readdirSync(unpacked, { recursive: true, encoding: 'utf8' }).map((name) => lstatSync(join(unpacked, name)).size);
  expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThan(140 * MEGABYTE);
  const at = (program: string) => join(unpacked, 'dist/src', program);
  const server = await startProcess(database, {}, at('main.js'));
  await server.ready();
  expect(server.output()).toMatch(/^ {2}Open http:\/\/localhost:\d+$/m);
  const admin: Credentials = { clientId: 'admin', secret: server.printedSecret() as string };
  expect((await requestToken(server, admin)).status).toBe(200);
  const page = await (await fetch(server.url, { headers: { accept: 'text/html' } })).text();
  const [, asset] = /"(\/assets\/[^"]+\.js)"/.exec(page) ?? [];
  expect((await fetch(server.url + asset)).status).toBe(200);
  const { DATABASE_URL: _none, ...env } = process.env;
  const version = await run('npm', ['run', '--silent', 'start', '--', '--version'], { cwd: unpacked, env });
  expect(`latchkey-${version.stdout.trim()}`).toBe(release);
  const backup = await startProcess(database, {}, at('main.js'), 'backup', join(folder, 'night.backup'));
  expect([await backup.exit, backup.output()]).toEqual([0, expect.stringContaining('1 client in 1 tenant')]);
  expect(await server.stop()).toBe(0);
});
