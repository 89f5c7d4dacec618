import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig, readDatabases } from '../../src/platform/config.js';
import { readDatabaseUrl } from '../../src/platform/database/url.js';

const KEY = Buffer.alloc(32, 3).toString('base64');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-settings-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(content: string | Buffer): string {
  const path = join(folder, crypto.randomUUID());
  writeFileSync(path, content);
  return path;
}

const faultsOf = (env: Record<string, string>): string[] => {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    return (error as Error).message.split('\n').slice(1);
  }
};

it.each([
  ['mysql://u:p@h/d', { place: { host: 'h', port: 3306 }, user: 'u', password: 'p', database: 'd' }],
  ['mariadb://u:p@h:3307/d', { place: { host: 'h', port: 3307 } }],
  ['mysql://user@[::1]:3306/db', { place: { host: '::1', port: 3306 }, user: 'user', password: '', database: 'db' }],
  ['mysql://u:50%off!@h/d', { password: '50%off!' }],
  ['mysql://u:%@h/d', { password: '%' }],
  ['mysql://u:a%40b%25c%C3%A9@h/d', { password: 'a@b%cé' }],
  ['mysql://u:a@b:c@h/d', { password: 'a@b:c' }],
  ['mysql://us%40er:p@h/my%2Ddb%20%C3%A9', { user: 'us@er', database: 'my-db é' }],
  ['mysql://u:p@localhost/d?socket=/run/my%20sql.sock', { place: { socketPath: '/run/my sql.sock' } }],
  ['mysql://u:p@localhost/d?socket=/run/my+sql.sock', { place: { socketPath: '/run/my+sql.sock' } }],
])('reads %s', (url, parts) => {
  expect(readDatabaseUrl(url)).toMatchObject({ type: 'mysql', ...parts });
});

it.each([
  'sqlite:x.db?mode=ro',
  'sqlite:x.db#y',
  'sqlite://data/x.db',
  'sqlite:///data/x.db',
  'sqlite:mysql://u:p@h/d',
  'mysql://u:p@h/d?ssl=true',
  'mysql://u:p@h/d?ssl={"rejectUnauthorized":true}',
  'mysql://u:p@h/d?socket=/a&socket=/b',
  'mysql://u:p@h/d?socket=relative',
  'mysql://u:p@h/d?socket=/s',
  'mysql://u:p@localhost:3306/d?socket=/s',
  'mysql://u:p@h/d?charset=utf8',
  'mysql://u:secret#word@h/d',
  'mysql://u:secret?word@h/d',
  'mysql://u:secret/word@h/d',
  'mysql://u:p@h/d#x',
  'mysql://u:%ff@h/d',
  'mysql://u:p@h:0/d',
  'mysql://u:p@h:99999/d',
  'mysql://u:p@h%20x/d',
  'mysql://u:p@[::1/d',
  'mysql://u:p@h/d/e',
  'mysql://u:p@h/d%2Fe',
  "mysql://u:p@h/d'x",
  'mysql://u:p@h/d.e',
  `mysql://u:p@h/${'d'.repeat(65)}`,
  'mysql://u:p@h/d%20',
  'mysql://u:p@h/%F0%9F%98%80',
  'mysql://u:p@h/mysql',
  'mysql://u:p@h/SYS',
  'mysql://u:p@h/information_schema',
  `mysql://u:p@localhost/d?socket=/${'s'.repeat(107)}`,
  'mysql://u:p@localhost/d?socket=/s%00',
  'mysql://u:p@localhost/d?socket=/s%ff',
  'mysql://u%00x:p@h/d',
  ' mysql://u:p@h/d',
  'mysql://u:p\tq@h/d',
  'mysqlx://u:p@h/d',
])('refuses %s as a fault of the setting, and repeats nothing of it', (url) => {
  const [fault, ...more] = faultsOf({ DATABASE_URL: url, ENCRYPTION_KEY: KEY });
  expect(fault).toMatch(/^ {2}DATABASE_URL must .*\.$/);
  expect(fault).not.toContain('secret');
  expect(more).toEqual([]);
});

it('takes secrets from files, and cuts their last newline alone', () => {
  const secret = ` ${'x'.repeat(40)} `;
  const { database, encryptionKey, adminClientSecret } = readConfig({
    DATABASE_URL_FILE: file('mysql://u:p@h/d\n'),
    ENCRYPTION_KEY_FILE: file(`${KEY}\r\n`),
    ADMIN_CLIENT_SECRET_FILE: file(`${secret}\n`),
  });
  expect(database).toMatchObject({ database: 'd' });
  expect([encryptionKey?.toString('base64'), adminClientSecret]).toEqual([KEY, secret]);
  expect(faultsOf({ ADMIN_CLIENT_SECRET_FILE: file(`${secret}\n\n`) })).toEqual([
    expect.stringMatching(/^ {2}ADMIN_CLIENT_SECRET_FILE must/),
  ]);
});

it('refuses both forms at once, and a file that cannot be read or is empty', () => {
  for (const [name, value] of [
    ['DATABASE_URL', 'sqlite:x.db'],
    ['ENCRYPTION_KEY', KEY],
    ['ADMIN_CLIENT_SECRET', 'x'.repeat(40)],
  ] as const) {
    expect(faultsOf({ [name]: value, [`${name}_FILE`]: file(value) })).toEqual([
      `  ${name}_FILE must not be set beside ${name}: remove one of them.`,
    ]);
    expect(faultsOf({ [`${name}_FILE`]: join(folder, 'none') })).toEqual([`  ${name}_FILE names a file that cannot be read (ENOENT).`]);
    expect(faultsOf({ [`${name}_FILE`]: file('\n') })).toEqual([`  ${name}_FILE names a file that is empty.`]);
    const latin = file(Buffer.from([0x2f, 0xff, 0x2f]));
    expect(faultsOf({ [`${name}_FILE`]: latin })).toEqual([`  ${name}_FILE names a file that is not text in UTF-8.`]);
  }
});

it('tells of a missing key together with the rest', () => {
  const faults = faultsOf({ PORT: 'x', DATABASE_URL: 'mysql://u:p@h/d?ssl=1', NODE_ENV: 'production' });
  for (const name of ['PORT', 'DATABASE_URL', 'ISSUER', 'ENCRYPTION_KEY'])
    expect(faults.join('\n')).toMatch(new RegExp(`^ {2}${name} `, 'm'));
});

it.each([
  [{ DATABASE_TLS: 'on' }, 'DATABASE_TLS'],
  [{ DATABASE_TLS: 'verify', DATABASE_URL: 'mysql://u@localhost/d?socket=/s' }, 'DATABASE_TLS'],
  [{ DATABASE_CA_FILE: '/none', DATABASE_TLS: 'verify' }, 'DATABASE_CA_FILE'],
  [{ DATABASE_CA_FILE: import.meta.filename, DATABASE_TLS: 'verify' }, 'DATABASE_CA_FILE'],
  [{ DATABASE_CA_FILE: '/none' }, 'DATABASE_CA_FILE'],
  [{ DATABASE_KEY_FILE: import.meta.filename }, 'DATABASE_CERT_FILE'],
  [{ DATABASE_POOL_SIZE: '1' }, 'DATABASE_POOL_SIZE'],
  [{ DATABASE_POOL_SIZE: '501' }, 'DATABASE_POOL_SIZE'],
  [{ MIGRATION_DATABASE_URL: 'mysql://u:p@h/other' }, 'MIGRATION_DATABASE_URL'],
  [{ MIGRATION_DATABASE_URL: 'sqlite:x.db' }, 'MIGRATION_DATABASE_URL'],
])('refuses %o', (env, name) => {
  const [fault, ...more] = faultsOf({ DATABASE_URL: 'mysql://u:p@h/d', ENCRYPTION_KEY: KEY, ...env } as Record<string, string>);
  expect(fault).toMatch(new RegExp(`^ {2}${name} `));
  expect(more).toEqual([]);
});

it('needs no key to say how the tables are changed', () => {
  const { database, migrationDatabase } = readDatabases({ DATABASE_URL: 'mysql://u:p@h/d', MIGRATION_DATABASE_URL: 'mysql://owner:q@h/d' });
  expect([database, migrationDatabase]).toMatchObject([{ user: 'u' }, { user: 'owner', poolSize: 10, tls: { mode: 'prefer' } }]);
});

it('needs no user who serves to say how the tables are changed', () => {
  const { migrationDatabase } = readDatabases({ MIGRATION_DATABASE_URL: 'mysql://owner:q@h/d' });
  expect(migrationDatabase).toMatchObject({ user: 'owner', database: 'd' });
  expect(readDatabases({}).migrationDatabase).toMatchObject({ type: 'sqlite' });
});
