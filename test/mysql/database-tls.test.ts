import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { MysqlServer } from '../../src/platform/database/mysql-server.js';
import { type Authority, createAuthority } from '../../testbed/certificates.js';
import { ENCRYPTION_KEY } from '../../testbed/encryption-key.js';
import { createMariaDb, hasMariaDb, type PrivateMariaDb } from '../../testbed/mariadb.js';
import { MysqlProxy } from '../../testbed/mysql-proxy.js';
import { answers, startProcess, type TestProcess, until } from '../../testbed/process.js';
import { scratchFolder } from '../../testbed/scratch.js';

const USER = 'remote';
let authority: Authority;
let stranger: Authority;
/** Whose certificate is for `localhost` alone. */
let named: PrivateMariaDb;
/** It has no TLS. */
let bare: PrivateMariaDb;
let folder: string;
let client: { certificate: string; key: string };
let running: TestProcess | undefined;

beforeAll(async () => {
  if (!hasMariaDb()) return;
  [authority, stranger] = [createAuthority(), createAuthority()];
  const { certificate, key } = authority.sign('database', 'DNS:localhost');
  client = authority.sign('client', 'DNS:client');
  const options = [`--ssl-ca=${authority.ca}`, `--ssl-cert=${certificate}`, `--ssl-key=${key}`, '--require-secure-transport=ON'];
  [named, bare] = await Promise.all([createMariaDb(scratchFolder(), options), createMariaDb()]);
  for (const server of [named, bare]) {
    await server.administer('CREATE DATABASE latchkey');
    await server.administer(`CREATE USER ${USER}@localhost IDENTIFIED BY 'private'`);
    await server.administer(`GRANT ALL ON \`latchkey%\`.* TO ${USER}@localhost`);
  }
  folder = mkdtempSync(join(tmpdir(), 'latchkey-tls-'));
});
afterEach(() => running?.stop('SIGKILL'));
afterAll(async () => {
  await Promise.all([named?.remove(), bare?.remove()]);
  for (const own of [authority, stranger]) own?.remove();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

const urlOf = ({ port }: PrivateMariaDb, host = 'localhost') => `mysql://${USER}:private@${host}:${port}/latchkey`;

async function run(server: PrivateMariaDb, settings: Record<string, string>, script = 'start', ...args: string[]): Promise<TestProcess> {
  running = await startProcess({ url: urlOf(server), folder }, { ENCRYPTION_KEY, ...settings }, script, ...args);
  return running;
}

/** What a program that ends tells. */
async function told(server: PrivateMariaDb, settings: Record<string, string>, ...program: string[]): Promise<string> {
  const { exit, output } = await run(server, { LOG_LEVEL: 'fatal', ...settings }, ...program);
  const code = await exit;
  expect(output()).not.toContain('private');
  return `${code} ${output()}`;
}

const backupFile = () => join(folder, `${crypto.randomUUID()}.backup`);

it('takes TLS where the server demands it: to serve, after a freeze, and in every command', async () => {
  const settings = { DATABASE_TLS: 'verify', DATABASE_CA_FILE: authority.ca };
  const server = await run(named, settings);
  await server.ready();
  process.kill(named.pid, 'SIGSTOP');
  await until(() => answers(`${server.url}/health/ready`, 503));
  process.kill(named.pid, 'SIGCONT');
  await server.ready();
  expect(await server.stop()).toBe(0);
  expect(await told(named, settings, 'migrate')).toMatch(/^0 .*up to date already/);
  expect(await told(named, settings, 'admin:reset')).toMatch(/^0 [\s\S]*Secret key/);
  const file = backupFile();
  expect(await told(named, settings, 'backup', file)).toMatch(/^0 /);
  expect(await told(named, settings, 'restore', file, '--replace')).toMatch(/^0 /);
});

it.each([
  ['prefer', {}],
  ['require', { DATABASE_TLS: 'require' }],
])('encrypts by itself with %s', async (_mode, settings: Record<string, string>) => {
  const server = await run(named, settings);
  await server.ready();
  await server.stop();
  expect(await told(named, settings, 'backup', backupFile())).toMatch(/^0 /);
});

it('goes on without TLS where the server has none, with prefer and off alone', async () => {
  const server = await run(bare, {});
  await server.ready();
  await server.stop();
  const file = backupFile();
  expect(await told(bare, {}, 'backup', file)).toMatch(/^0 /);
  expect(await told(bare, { DATABASE_TLS: 'off' }, 'restore', file, '--replace')).toMatch(/^0 /);
  for (const settings of [{ DATABASE_TLS: 'require' }, { DATABASE_TLS: 'verify', DATABASE_CA_FILE: authority.ca }] as Record<
    string,
    string
  >[]) {
    for (const script of ['start', 'migrate', 'backup']) {
      const args = script === 'backup' ? [backupFile()] : [];
      expect(await told(bare, settings, script, ...args)).toMatch(
        /^1 The database cannot be used: it has no TLS, and DATABASE_TLS demands it\.\n$/,
      );
    }
  }
});

it('tells a database of the same name on another server from the one that it serves', async () => {
  for (const server of [named, bare]) {
    await server.administer('DROP DATABASE IF EXISTS latchkey_two');
    await server.administer('CREATE DATABASE latchkey_two');
  }
  const [served, elsewhere] = [named, bare].map((server) => urlOf(server).replace(/latchkey$/, 'latchkey_two')) as [string, string];
  expect(await told(named, { DATABASE_URL: served, MIGRATION_DATABASE_URL: elsewhere })).toMatch(
    /^1 MIGRATION_DATABASE_URL leads to another database than DATABASE_URL.*\n$/,
  );
  const tables = "SELECT table_name AS t FROM information_schema.tables WHERE table_schema = 'latchkey_two'";
  expect([await named.administer(tables), await bare.administer(tables)]).toEqual([[], [{ t: 'leases' }]]);
  // What is to be replaced is looked at, too, though nothing is to be migrated.
  for (const url of [served, elsewhere]) {
    const server = await run(named, { DATABASE_URL: url });
    await server.ready();
    await server.stop();
  }
  const file = backupFile();
  expect(await told(named, { DATABASE_URL: served }, 'backup', file)).toMatch(/^0 /);
  const replace = (url: string) => told(named, { DATABASE_URL: served, MIGRATION_DATABASE_URL: url }, 'restore', file, '--replace');
  expect(await replace(elsewhere)).toMatch(/^1 MIGRATION_DATABASE_URL leads to another database than DATABASE_URL/);
  expect(await bare.administer("SHOW DATABASES LIKE 'latchkey_two\\_%'")).toEqual([]);
  for (const sql of ['DROP DATABASE latchkey_two', 'CREATE DATABASE latchkey_two']) await bare.administer(sql);
  expect(await replace(elsewhere)).toMatch(/^1 MIGRATION_DATABASE_URL leads to another database than DATABASE_URL/);
  expect(await bare.administer(tables)).toEqual([]);
  expect(await replace(served)).toMatch(/^0 Restored all/);
});

it('with prefer takes TLS again that somebody in between took away for a while', async () => {
  const proxy = await new MysqlProxy(named.port).open();
  proxy.hidesTls = true;
  await named.administer('SET GLOBAL require_secure_transport = OFF');
  const place = { host: '127.0.0.1', port: proxy.port };
  const account = { user: USER, password: 'private', database: 'latchkey' };
  const server = new MysqlServer({ type: 'mysql', setting: 'DATABASE_URL', place, ...account, tls: { mode: 'prefer' }, poolSize: 2 });
  const isEncrypted = async () => {
    const connection = await server.connect();
    const [rows] = await connection.promise().query("SHOW STATUS LIKE 'Ssl_cipher'");
    connection.destroy();
    return (rows as { Value: string }[])[0]?.Value !== '';
  };
  expect(await isEncrypted()).toBe(false);
  proxy.hidesTls = false;
  const now = performance.now.bind(performance);
  const later = jest.spyOn(performance, 'now').mockImplementation(() => now() + 61_000);
  expect(await isEncrypted()).toBe(true);
  later.mockRestore();
  await named.administer('SET GLOBAL require_secure_transport = ON');
  proxy.close();
});

it('refuses a certificate of another authority, and one of another name', async () => {
  const wrong = { DATABASE_TLS: 'verify', DATABASE_CA_FILE: stranger.ca };
  const noName = { DATABASE_TLS: 'verify', DATABASE_CA_FILE: authority.ca, DATABASE_URL: urlOf(named, '127.0.0.1') };
  const noAuthority = { DATABASE_TLS: 'verify' };
  for (const settings of [wrong, { ...wrong, DATABASE_TLS: 'require' }, noName, noAuthority] as Record<string, string>[]) {
    for (const script of ['start', 'backup']) {
      const args = script === 'backup' ? [backupFile()] : [];
      expect(await told(named, settings, script, ...args)).toMatch(
        /^1 The database cannot be used: TLS with it fails \(.*(certificate|altnames).*\); see DATABASE_TLS and DATABASE_CA_FILE\.\n$/,
      );
    }
  }
  const signed = { ...noName, DATABASE_TLS: 'require' };
  expect(await told(named, signed, 'migrate')).toMatch(/^0 /);
  expect(await told(named, signed, 'backup', backupFile())).toMatch(/^0 /);
});

it('shows a certificate of its own where the user needs one', async () => {
  await named.administer(`ALTER USER ${USER}@localhost REQUIRE X509`);
  try {
    const settings = { DATABASE_TLS: 'verify', DATABASE_CA_FILE: authority.ca };
    expect(await told(named, settings, 'migrate')).toMatch(/^1 The database cannot be used: it refuses the user or password/);
    const own = { ...settings, DATABASE_CERT_FILE: client.certificate, DATABASE_KEY_FILE: client.key };
    expect(await told(named, own, 'migrate')).toMatch(/^0 /);
    expect(await told(named, own, 'backup', backupFile())).toMatch(/^0 /);
    expect(await told(named, { ...own, DATABASE_KEY_FILE: join(folder, 'none') }, 'migrate')).toMatch(
      /^1 These settings need a change:\n {2}DATABASE_KEY_FILE names a file/,
    );
  } finally {
    await named.administer(`ALTER USER ${USER}@localhost REQUIRE NONE`);
  }
});

it('goes through a socket, and through an address in brackets', async () => {
  const socket = { DATABASE_URL: `mariadb://${USER}:private@localhost/latchkey?socket=${bare.socketPath}` };
  expect(await told(bare, socket, 'migrate')).toMatch(/^0 /);
  expect(await told(bare, socket, 'backup', backupFile())).toMatch(/^0 /);
  const server = await run(bare, socket);
  await server.ready();
});

it('backs up all rows, however few the server lets others read', async () => {
  const everybody = backupFile();
  await bare.administer('SET GLOBAL sql_select_limit = 1');
  try {
    const server = await run(bare, {});
    await server.ready();
    await server.stop();
    await bare.administer("INSERT INTO latchkey.revoked_tokens SELECT id, 'one', NOW(3) FROM latchkey.tenants");
    await bare.administer("INSERT INTO latchkey.revoked_tokens SELECT id, 'two', NOW(3) FROM latchkey.tenants");
    expect(await told(bare, {}, 'backup', everybody)).toMatch(/^0 /);
    expect(await told(bare, {}, 'restore', everybody, '--replace')).toMatch(/^0 /);
  } finally {
    await bare.administer('SET GLOBAL sql_select_limit = DEFAULT');
  }
  expect(await bare.administer('SELECT COUNT(*) AS n FROM latchkey.revoked_tokens')).toEqual([{ n: 2 }]);
});
